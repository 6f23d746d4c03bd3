from datetime import datetime, timedelta

from django.db import models

from accounts.models.api_key import ApiKey

KEPT_FOR = timedelta(hours=24)
KEY_LENGTH = 255


class KeptAnswerQuerySet(models.QuerySet["KeptAnswer"]):
    def over(self, *, at: datetime) -> "KeptAnswerQuerySet":
        """Those that are not replayed any more."""
        return self.filter(at__lte=at - KEPT_FOR)


class KeptAnswer(models.Model):
    """What a call with an `Idempotency-Key` was answered, so that the same call again changes nothing.

    It is written in the transaction of the call itself: of two at once the second waits for the first, and a call
    that was killed has left neither.
    """

    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=KEY_LENGTH)
    asked = models.CharField("SHA-256 of method, address and body", max_length=64)
    at = models.DateTimeField(db_index=True)
    code = models.PositiveSmallIntegerField(null=True)
    location = models.CharField(max_length=500, blank=True)
    body = models.JSONField(null=True)

    objects = KeptAnswerQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (models.UniqueConstraint(fields=("api_key", "key"), name="one_answer_per_idempotency_key"),)

    def __str__(self) -> str:
        return f"{self.key} of {self.api_key}"
