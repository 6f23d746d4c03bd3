"""What a list of partners says about each, read for all of them at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Count, DecimalField, Max, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from affiliates.models import Acceptance, AgreementVersion, Membership, Partner
from affiliates.money import ZERO
from commissions.models import Commission, LedgerEntry
from payouts.models import Payout
from referrals.models import Lead

AMOUNT: "DecimalField[Decimal, Decimal]" = DecimalField(max_digits=18, decimal_places=2)


@dataclass(slots=True)
class Beside:
    """What a partner's row shows beside its own columns."""

    payouts: int = 0
    leads: int = 0
    version: str = ""
    has_accepted: bool = False
    seen_at: datetime | None = None


class Money(NamedTuple):
    """What `with_money` adds; no rate where the newest month brought nothing."""

    mrr: Decimal
    rate: Decimal | None
    balance: Decimal

    @classmethod
    def of(cls, row: Any) -> "Money":
        return cls(row.mrr, row.rate, row.balance)


def with_money(partners: "QuerySet[Partner]", newest: date | None) -> "QuerySet[Partner]":
    """Adds `mrr` and `rate` of the newest month, and `balance`."""
    month = Commission.objects.none()
    if newest is not None:
        month = Commission.objects.filter(partner=OuterRef("pk"), period=newest, service_month=newest).order_by()
    ledger = LedgerEntry.objects.filter(partner=OuterRef("pk")).order_by().values("partner")
    return partners.annotate(
        mrr=Coalesce(Subquery(month.values("mrr")[:1]), ZERO, output_field=AMOUNT),
        rate=Subquery(month.values("rate")[:1]),
        balance=Coalesce(Subquery(ledger.annotate(sum=Sum("amount")).values("sum")), ZERO, output_field=AMOUNT),
    )


def beside(partners: Sequence[Partner]) -> dict[int, Beside]:
    """This function will read what the rows of these partners show besides, in five queries."""
    found = {partner.pk: Beside() for partner in partners}
    keys = list(found)
    payouts = Payout.objects.open().filter(partner__in=keys).order_by()
    for key, count in payouts.values_list("partner").annotate(Count("pk")):
        found[key].payouts = count
    leads = Lead.objects.open().filter(partner__in=keys).order_by()
    for key, count in leads.values_list("partner").annotate(Count("pk")):
        found[key].leads = count
    members = Membership.objects.filter(partner__in=keys).order_by()
    for key, seen_at in members.values_list("partner").annotate(Max("user__last_login")):
        found[key].seen_at = seen_at
    current = AgreementVersion.current()
    accepted = Acceptance.objects.filter(partner__in=keys).order_by("version_id")
    for key, version, number in accepted.values_list("partner", "version", "version__number"):
        found[key].version, found[key].has_accepted = number, current is not None and version == current.pk
    return found
