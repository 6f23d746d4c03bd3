from django.db import models
from django.db.models import Q

from integrations.stripe.models.event import ID_LENGTH


class BackfillList(models.Model):
    """How far one list of Stripe's API has been read: `after` is the last object's id of the last page kept."""

    name = models.CharField(max_length=40, unique=True)
    after = models.CharField(max_length=ID_LENGTH, blank=True, db_collation="C")
    objects_read = models.PositiveIntegerField(default=0)
    began_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = (models.CheckConstraint(condition=~Q(name=""), name="a_backfill_list_has_a_name"),)

    def __str__(self) -> str:
        return self.name
