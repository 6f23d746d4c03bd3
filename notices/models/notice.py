from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models

from notices.models.kind import MAY_BE_OFF, NoticeKind

TRIES = 10
PAUSE = timedelta(minutes=5)
CODE_LENGTH = 40
KEYS_KEPT = timedelta(days=14)  # No link that opens something is good for longer.


class NoticeQuerySet(models.QuerySet["Notice"]):
    def due(self, *, at: datetime) -> "NoticeQuerySet":
        """Those that were not sent yet, whose last try is a while ago, and that were not given up."""
        return self.filter(sent_at__isnull=True, is_daily=False, tries__lt=TRIES).filter(
            models.Q(tried_at__isnull=True) | models.Q(tried_at__lte=at - PAUSE)
        )

    def parked(self) -> "NoticeQuerySet":
        """Those that failed again and again; their error says why."""
        return self.filter(sent_at__isnull=True, tries__gte=TRIES)

    def under(self, keys: Iterable[str]) -> "dict[str, list[Notice]]":
        """What was told under each key, whoever got it: a person's own key ends in the person's number."""
        found: dict[str, list[Notice]] = {key: [] for key in keys}
        wanted = models.Q(pk__in=[])
        for key in found:
            wanted |= models.Q(key=key) | models.Q(key__startswith=f"{key}:")
        for notice in self.filter(wanted).order_by("id"):
            key = notice.key.removesuffix(f":{notice.person_id}") if notice.person_id else notice.key
            if key in found:
                found[key].append(notice)
        return found

    def for_the_day(self) -> "NoticeQuerySet":
        """Those that wait for the day's one e-mail."""
        return self.filter(sent_at__isnull=True, is_daily=True, digest__isnull=True)

    def with_spent_key(self, *, at: datetime) -> "NoticeQuerySet":
        """Those that still hold a key that was sent, or that opens nothing any more."""
        held = self.filter(has_key=True).exclude(path="", code="")
        return held.filter(models.Q(sent_at__isnull=False) | models.Q(created_at__lte=at - KEYS_KEPT))


class Notice(models.Model):
    """What is to be told to whom by e-mail, and whether it was; the key makes each thing said once.

    `body` is its paragraphs, a blank line between them; greeting, link and foot are put around it when it is
    sent. `about` is the partner's name as it was. With `has_key` its link opens something for whoever has it, or
    its `code` does: both are forgotten once they were sent. A daily one goes out in its `digest`. This app stands
    below the partners, so it knows a partner by its number alone.
    """

    key = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=20, choices=NoticeKind.choices)
    partner_id = models.BigIntegerField("number of the partner", null=True, blank=True)
    about = models.CharField("partner", max_length=200, blank=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="notices"
    )
    recipient = models.EmailField()
    subject = models.CharField(max_length=200)
    body = models.TextField()
    path = models.CharField("link", max_length=300, blank=True)
    code = models.CharField(max_length=CODE_LENGTH, blank=True)
    has_key = models.BooleanField("its link or code opens something", default=False)
    answers = models.CharField("Message-ID of what it answers", max_length=252, blank=True)
    created_at = models.DateTimeField()
    is_daily = models.BooleanField(default=False)
    digest = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="gathered")
    tries = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    objects = NoticeQuerySet.as_manager()

    # An invitation carries its own key, which is for the invited alone.
    seen_by_partner = "partner_id = tributary_partner() AND kind <> 'invitation'"

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("id",), condition=models.Q(sent_at__isnull=True), name="notices_not_sent"),
            models.Index(fields=("partner_id", "-id"), name="notices_by_partner"),
            models.Index(
                fields=("person",), condition=models.Q(is_daily=True, digest__isnull=True), name="notices_for_the_day"
            ),
        )
        constraints = (
            models.CheckConstraint(condition=models.Q(kind__in=NoticeKind.values), name="notice_kind_is_known"),
            models.CheckConstraint(condition=~models.Q(subject__regex=r"[\r\n]"), name="a_subject_is_one_line"),
            models.CheckConstraint(
                condition=models.Q(answers="") | models.Q(answers__regex=r"^<[^<>[:space:]]+>$"),
                name="what_a_notice_answers_has_an_id",
            ),
            models.CheckConstraint(
                condition=models.Q(path="") | models.Q(path__startswith="/"), name="a_link_leads_into_the_portal"
            ),
            models.CheckConstraint(
                condition=models.Q(has_key=False, code="")
                | models.Q(path="", code="")
                | models.Q(sent_at__isnull=True),
                name="a_key_is_forgotten_once_it_was_sent",
            ),
            models.CheckConstraint(
                condition=models.Q(is_daily=False)
                | models.Q(person__isnull=False, kind__in=[kind.value for kind in MAY_BE_OFF]),
                name="what_must_be_told_at_once_does_not_wait",
            ),
        )

    def __str__(self) -> str:
        return f"{self.subject} to {self.recipient}"

    @property
    def paragraphs(self) -> list[str]:
        """What it says, piece by piece."""
        return [text for text in self.body.split("\n\n") if text.strip()]
