from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.append_only import append_only
from affiliates.models import Partner
from integrations.introductions.letter import Letter
from referrals.models import Lead

LARGEST = 10 * 1024 * 1024  # Bytes of a message that is kept whole; of a larger one its headers are.
TRIES = 5
LEASE = timedelta(minutes=5)  # Longer than a try takes; what a killed worker held is tried again after it.


class Source(models.TextChoices):
    """By which way a message came."""

    PROVIDER = "provider", "From the mail provider"
    MAILBOX = "mailbox", "From the mailbox"
    COMMAND = "command", "By command"


class Message(models.Model):
    """A message as it came: stored first, understood later, and never changed.

    `raw` is all of it, or of one that is larger than `LARGEST` its headers. `digest` is over what was kept, so that the
    same bytes are stored once. `findings` is what the provider found by SPF, DKIM and DMARC, where it says so beside
    the message.
    """

    digest = models.CharField(max_length=64, unique=True)
    raw = models.BinaryField()
    size = models.PositiveBigIntegerField()
    is_whole = models.BooleanField()
    source = models.CharField(max_length=10, choices=Source.choices)
    envelope_sender = models.CharField("return path", max_length=320, null=True)  # noqa: DJ001 -- Empty is a bounce.
    envelope_recipient = models.CharField("delivered to", max_length=320, blank=True)
    is_spam = models.BooleanField("called spam by the provider", default=False)
    findings = models.JSONField(default=list)
    received_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(condition=Q(source__in=Source.values), name="source_of_a_message_is_known"),
        )
        triggers = append_only()

    def __str__(self) -> str:
        return f"Message {self.pk}"


class State(models.TextChoices):
    """What became of a message."""

    NEW = "new", "To be read"
    LEAD = "lead", "Became a lead"
    JOINED = "joined", "Joined a lead"
    WAITS = "waits", "For a person"
    LEFT = "left", "Left alone"
    FAILED = "failed", "Could not be worked"


class Why(models.TextChoices):
    """Why a message became what it became."""

    NOT_YET = "", "Not read yet"
    INTRODUCED = "introduced", "It introduces a company"
    ALREADY_YOURS = "already_yours", "The company is the partner’s lead already"
    REPLY = "reply", "It answers a message of the lead"
    PROSPECT = "prospect", "The prospect wrote it"
    BY_HAND = "by_hand", "Somebody decided so"

    UNPROVEN = "unproven", "It is not proven to come from its sender"
    SEVERAL_PARTNERS = "several_partners", "The sender acts for several partners"
    SEVERAL_COMPANIES = "several_companies", "It brings people of several companies"
    NOBODY = "nobody", "It brings nobody"
    UNCLEAR = "unclear", "Whom it forwards is not clear"
    PARTNERS_PERSON = "partners_person", "It brings somebody of another partner"
    NOT_ACTIVE = "not_active", "The partnership is not active"
    TOO_MANY = "too_many", "The partner registered as many leads as a day takes"
    STRANGER = "stranger", "Somebody unknown answers in a lead’s thread"
    SPAM = "spam", "The provider calls it spam"

    UNKNOWN = "unknown", "The sender is unknown"
    AUTOMATIC = "automatic", "It was sent automatically"
    BOUNCE = "bounce", "It is a bounce"
    LIST = "list", "It came through a mailing list"
    OWN = "own", "It is one of our own"
    CALENDAR = "calendar", "It is an invitation to a calendar"
    TOO_LARGE = "too_large", "It is too large"
    MALFORMED = "malformed", "It cannot be read"
    NOT_ONE_SENDER = "not_one_sender", "It has no sender, or several"
    CAME_ALREADY = "came_already", "It came already by another way"
    NO_INTRODUCTION = "no_introduction", "Somebody said that it introduces nobody"


# Nothing but reading it again makes a lead of these: they are not proven, or there is nothing in them.
NEVER_A_LEAD = (Why.UNPROVEN, Why.SPAM, Why.UNKNOWN, Why.AUTOMATIC, Why.BOUNCE, Why.LIST, Why.OWN,
                Why.TOO_LARGE, Why.MALFORMED, Why.NOT_ONE_SENDER, Why.CAME_ALREADY, Why.NOT_YET)  # fmt: skip


class ReadingQuerySet(models.QuerySet["Reading"]):
    def due(self, *, at: datetime) -> Self:
        """Messages to be read now."""
        return self.filter(state=State.NEW, next_at__lte=at)

    def to_confirm(self) -> Self:
        """Leads of which sales has not yet looked at what was guessed."""
        return self.filter(state=State.LEAD, confirmed_at__isnull=True)

    def for_a_person(self) -> Self:
        """Those that nobody but a person can decide."""
        return self.filter(state__in=(State.WAITS, State.FAILED))

    def waiting(self) -> Self:
        """All that waits for somebody."""
        return self.filter(Q(state__in=(State.WAITS, State.FAILED)) | Q(state=State.LEAD, confirmed_at__isnull=True))


class Reading(models.Model):
    """What was understood of a message and what became of it.

    `key` is made of the sender and the message's own id once it is proven, so that one that came by two ways counts
    once. `member` is the partner's person who sent it. The proposal is what a lead was made of, or would be.
    """

    message = models.OneToOneField(Message, primary_key=True, on_delete=models.PROTECT, related_name="reading")
    state = models.CharField(max_length=10, choices=State.choices, default=State.NEW)
    why = models.CharField(max_length=20, choices=Why.choices, blank=True)
    details = models.TextField(blank=True)
    key = models.CharField(max_length=64, null=True, blank=True, unique=True)
    named = models.CharField("Message-ID", max_length=252, blank=True, db_index=True)
    letter = models.JSONField(null=True, blank=True)
    sender = models.CharField("from", max_length=254, blank=True)
    subject = models.CharField(max_length=998, blank=True)
    proof = models.TextField(blank=True)
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    partner = models.ForeignKey(Partner, null=True, blank=True, on_delete=models.PROTECT, related_name="introductions")
    lead = models.ForeignKey(Lead, null=True, blank=True, on_delete=models.PROTECT, related_name="introductions")
    company = models.CharField(max_length=200, blank=True)
    contact = models.CharField(max_length=200, blank=True)
    email = models.CharField("e-mail address", max_length=254, blank=True)
    domain = models.CharField(max_length=253, blank=True)
    others = models.JSONField("further people", default=list, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField("next try")
    error = models.TextField(blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)

    objects = ReadingQuerySet.as_manager()

    seen_by_partner = ""  # It holds what strangers wrote; partners see the lead.

    class Meta:
        ordering = ("-message",)
        indexes = (
            models.Index(fields=("next_at",), condition=Q(state="new"), name="messages_to_be_read"),
            models.Index(fields=("state", "-message"), name="messages_by_state"),
        )
        constraints = (
            models.CheckConstraint(condition=Q(state__in=State.values), name="state_of_a_message_is_known"),
            models.CheckConstraint(condition=Q(why__in=Why.values), name="why_of_a_message_is_known"),
            models.CheckConstraint(
                condition=~Q(state__in=("lead", "joined")) | Q(lead__isnull=False), name="what_joined_a_lead_has_one"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True) | Q(state="lead"), name="only_a_lead_is_confirmed"
            ),
        )

    def __str__(self) -> str:
        return self.subject or "(no subject)"

    @property
    def written(self) -> Letter | None:
        """The message taken apart, where it could be."""
        return Letter.of(self.letter) if self.letter else None

    @property
    def may_become_lead(self) -> bool:
        """Whether a person may make a lead of it."""
        return self.state in (State.WAITS, State.LEFT) and self.why not in NEVER_A_LEAD


class Mailbox(models.Model):
    """How far a folder of a mailbox was read: everything up to `uid`, while its `validity` stays the same."""

    name = models.CharField(max_length=400, unique=True)
    validity = models.PositiveBigIntegerField(default=0)
    uid = models.PositiveBigIntegerField("read up to", default=0)
    looked_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)
    failed_since = models.DateTimeField(null=True, blank=True)
    skipped = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ("name",)
        verbose_name_plural = "mailboxes"

    def __str__(self) -> str:
        return self.name
