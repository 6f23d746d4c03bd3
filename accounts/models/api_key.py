import hashlib
import secrets
import zlib
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

PREFIX = "trb"
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
RANDOM_LENGTH = 40
CHECK_LENGTH = 6
HINT_LENGTH = 10
OVERLAP = timedelta(days=1)  # How long a key that was replaced is still good.


class Scope(models.TextChoices):
    """What a key may be used for; the label completes "may …"."""

    READ = "read", "read what its maker may see"
    LEADS = "leads", "work with leads"
    LINKS = "links", "make links"
    PAYOUTS = "payouts", "present reports and invoices, and dispute lines"
    FACTS = "facts", "send clients, invoices, payments and reversals"
    MONTHS = "months", "compute and close months"
    WEBHOOKS = "webhooks", "keep webhooks"


PARTNER_SCOPES = (Scope.READ, Scope.LEADS, Scope.LINKS, Scope.PAYOUTS, Scope.WEBHOOKS)
COMPANY_SCOPES = (Scope.READ, Scope.LEADS, Scope.FACTS, Scope.MONTHS, Scope.WEBHOOKS)


def make_secret() -> str:
    """A new key's text: a prefix and a checksum let scanners tell a leaked key from any other text."""
    text = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH))
    return f"{PREFIX}_{text}{_checksum(text)}"


def is_key(text: str) -> bool:
    """Whether a text can be a key at all, by its form and its checksum."""
    prefix, _, rest = text.partition("_")
    random, check = rest[:RANDOM_LENGTH], rest[RANDOM_LENGTH:]
    fits = prefix == PREFIX and len(rest) == RANDOM_LENGTH + CHECK_LENGTH and set(rest) <= set(ALPHABET)
    return fits and secrets.compare_digest(check, _checksum(random))


def digest(secret: str) -> str:
    """What is kept of a key: it is long and random, so one round of SHA-256 is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _checksum(text: str) -> str:
    number, digits = zlib.crc32(text.encode()), ""
    for _ in range(CHECK_LENGTH):
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def of(self, partner_id: int | None) -> "ApiKeyQuerySet":
        """A partner's keys; with None those of the company."""
        return self.filter(partner_id__isnull=True) if partner_id is None else self.filter(partner_id=partner_id)

    def good(self, *, at: datetime) -> "ApiKeyQuerySet":
        """Those that open something now."""
        alive = self.filter(revoked_at__isnull=True)
        return alive.filter(models.Q(expires_at__isnull=True) | models.Q(expires_at__gt=at))


class ApiKey(models.Model):
    """A program's way in: it acts as the person who made it, for one partner or for the company.

    It can do what its scopes name and that person may, so it ends with their part in the matter. This app stands
    below the partners, so it knows a partner by its number alone; the company's keys have none.
    """

    partner_id = models.BigIntegerField("number of the partner", null=True, blank=True, db_index=True)
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField("begins with", max_length=HINT_LENGTH)
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope.choices))
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="api_keys")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField("last used", null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    replaces = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaced_by")

    seen_by_partner = "partner_id = tributary_partner()"
    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name = "API key"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(scopes__contained_by=Scope.values) & models.Q(scopes__len__gt=0),
                name="key_has_scopes_that_are_known",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"

    def is_good(self, *, at: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > at)
