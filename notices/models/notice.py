from datetime import datetime, timedelta

from django.db import models

TRIES = 10
PAUSE = timedelta(minutes=5)


class NoticeQuerySet(models.QuerySet["Notice"]):
    def due(self, *, at: datetime) -> "NoticeQuerySet":
        """Those that were not sent yet, whose last try is a while ago, and that were not given up."""
        return self.filter(sent_at__isnull=True, tries__lt=TRIES).filter(
            models.Q(tried_at__isnull=True) | models.Q(tried_at__lte=at - PAUSE)
        )

    def parked(self) -> "NoticeQuerySet":
        """Those that failed again and again; their error says why."""
        return self.filter(sent_at__isnull=True, tries__gte=TRIES)


class Notice(models.Model):
    """What is to be told to whom by e-mail, and whether it was; the key makes each thing said once."""

    key = models.CharField(max_length=200, unique=True)
    recipient = models.EmailField()
    subject = models.CharField(max_length=200)
    body = models.TextField()
    created_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=("id",), condition=models.Q(sent_at__isnull=True), name="notices_not_sent"),)

    def __str__(self) -> str:
        return f"{self.subject} to {self.recipient}"
