from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import Sum

from accounts.models import User
from accounts.services.write_audit import write_audit
from affiliates.money import ZERO
from affiliates.months import add_months, show_month
from commissions.models import Commission
from payouts.models import Payout, ReferralReport
from payouts.services.refresh_payout import refresh_payout


class ReportIsPresented(Exception):
    """The payout has its referral report already; what was presented stays."""


class Change(StrEnum):
    """What became of a client's MRR against the month before, as a report says it."""

    NEW = "new"
    UP = "up"
    DOWN = "down"
    SAME = "same"
    NONE = "none this month"
    CORRECTION = "settles an earlier month"


def draft_report(payout: Payout) -> list[dict[str, Any]]:
    """The lines of a referral report, drafted from the facts: each client with its MRR, what it was a month
    before, and its commission. A client that brought MRR a month before and none now has a line as well.
    """
    month, earlier = payout.period_id, add_months(payout.period_id, -1)
    of_partner = Commission.objects.filter(partner=payout.partner_id)
    rows = (
        of_partner.filter(period=month)
        .values("client_id", "client__reference", "client__name", "service_month", "state")
        .annotate(base=Sum("base"), amount=Sum("amount"))
        .order_by("client__reference", "service_month", "state")
    )
    newest_of_earlier = (
        of_partner.filter(service_month=earlier, period__lte=month)
        .order_by("client_id", "-period_id")
        .distinct("client_id")
        .values_list("client_id", "client__reference", "client__name", "base")
    )
    before = {client: (reference, name, base) for client, reference, name, base in newest_of_earlier if base}
    lines = []
    for row in rows:
        is_of_month = row["service_month"] == month
        _, _, mrr_before = before.pop(row["client_id"], (None, None, ZERO)) if is_of_month else (None, None, ZERO)
        lines.append(
            {
                "client": row["client__reference"],
                "name": row["client__name"],
                "service_month": show_month(row["service_month"]),
                "mrr": str(row["base"]),
                "mrr_before": str(mrr_before) if is_of_month else "",
                "change": str(_change(row["base"], mrr_before) if is_of_month else Change.CORRECTION),
                "commission": str(row["amount"]),
                "state": row["state"],
            }
        )
    stopped = [
        {
            "client": reference,
            "name": name,
            "service_month": show_month(month),
            "mrr": str(ZERO),
            "mrr_before": str(base),
            "change": str(Change.NONE),
            "commission": str(ZERO),
            "state": "",
        }
        for reference, name, base in sorted(before.values())
    ]
    return lines + stopped


def _change(mrr: Decimal, mrr_before: Decimal) -> Change:
    if not mrr_before:
        return Change.NEW
    if mrr == mrr_before:
        return Change.SAME
    return Change.UP if mrr > mrr_before else Change.DOWN


def present_report(*, payout: Payout, note: str, by: User, at: datetime) -> ReferralReport:
    """This function will present the referral report of a payout's period for the partner (B).

    :raises ReportIsPresented: there is one already
    """
    with transaction.atomic():
        Payout.objects.select_for_update().get(pk=payout.pk)
        if ReferralReport.objects.filter(payout=payout).exists():
            raise ReportIsPresented(f"The report of {payout} was presented already")
        report = ReferralReport.objects.create(
            payout=payout, lines=draft_report(payout), note=note, presented_by=by, presented_at=at
        )
        write_audit(by=by, at=at, action="report presented", subject=f"payout {payout.pk}")
        refresh_payout(payout_id=payout.pk, at=at)
    return report
