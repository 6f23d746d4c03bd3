from django.conf import settings
from django.db import models

from notices.models.kind import MAY_BE_OFF, Pace


class NoticePreference(models.Model):
    """How soon a person wants to hear of one kind of thing at one partner; without a row it is at once."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    partner_id = models.BigIntegerField("number of the partner")
    kind = models.CharField(max_length=20, choices=[(kind.value, kind.label) for kind in MAY_BE_OFF])
    pace = models.CharField(max_length=10, choices=Pace.choices)
    changed_at = models.DateTimeField()

    seen_by_partner = "partner_id = tributary_partner()"

    class Meta:
        ordering = ("partner_id", "person_id", "kind")
        constraints = (
            models.UniqueConstraint(
                fields=("person", "partner_id", "kind"), name="one_preference_per_person_partner_and_kind"
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=[kind.value for kind in MAY_BE_OFF]),
                name="only_what_may_be_off_has_a_preference",
            ),
            models.CheckConstraint(condition=models.Q(pace__in=Pace.values), name="pace_is_known"),
        )

    def __str__(self) -> str:
        return f"{self.person}: {self.get_kind_display()}, {self.get_pace_display().lower()}"
