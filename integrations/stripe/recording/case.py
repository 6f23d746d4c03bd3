"""All that is known of one invoice of a referred client, and the facts that follow."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from affiliates.models.partner import KEY_LENGTH
from integrations.stripe.models import FindingKind
from integrations.stripe.money import amount_of
from integrations.stripe.shapes import Charge, CreditNote, InvoicePayment, Line, Refund, StripeDispute, StripeInvoice

Marks = Mapping[str, int]
FINGERPRINT = 20


@dataclass(frozen=True, slots=True)
class Case:
    """An invoice with everything that belongs to it. `marks` are by the id of an object."""

    invoice: StripeInvoice
    client: str
    zone: ZoneInfo
    category: Callable[[Line], str]
    payments: tuple[InvoicePayment, ...] = ()
    charges: tuple[Charge, ...] = ()
    refunds: tuple[Refund, ...] = ()
    notes: tuple[CreditNote, ...] = ()
    disputes: tuple[StripeDispute, ...] = ()
    marks: Mapping[str, Marks] = field(default_factory=dict)

    def day(self, seconds: int) -> date:
        """The day of a moment, in the program's time zone."""
        return datetime.fromtimestamp(seconds, UTC).astimezone(self.zone).date()

    def money(self, units: int) -> str:
        """An amount as facts are written: with two places, and with more only where they would be lost."""
        amount = amount_of(units, self.invoice.currency)
        return f"{amount:.2f}" if amount == round(amount, 2) else f"{amount:f}"

    @property
    def issued_on(self) -> date:
        return self.day(self.invoice.issued_at)

    def marks_of(self, key: str) -> Marks:
        return self.marks.get(key, {})


@dataclass(frozen=True, slots=True)
class Found:
    """Why something is kept and not recorded, in words for finance."""

    kind: FindingKind
    subject: str
    says: str
    to_do: str


def fact_key(*ids: str) -> str:
    """A fact's key made of ids of Stripe; longer than keys may be, it ends in its fingerprint."""
    key = ":".join(ids)
    if len(key) <= KEY_LENGTH:
        return key
    return f"{key[: KEY_LENGTH - FINGERPRINT - 1]}:{sha256(key.encode()).hexdigest()[:FINGERPRINT]}"
