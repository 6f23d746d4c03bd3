from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Sum

from accounts.models import User
from accounts.services.write_audit import write_audit
from affiliates.months import show_month
from commissions.models import Commission
from payouts.models import Payout, ReferralReport
from payouts.services.refresh_payout import refresh_payout


class ReportIsPresented(Exception):
    """The payout has its referral report already; what was presented stays."""


def draft_report(payout: Payout) -> list[dict[str, Any]]:
    """The lines of a referral report, drafted from the facts: each client with its money and commission."""
    rows = (
        Commission.objects.filter(period=payout.period_id, partner=payout.partner_id)
        .values("client__reference", "client__name", "service_month", "state")
        .annotate(base=Sum("base"), amount=Sum("amount"))
        .order_by("client__reference", "service_month", "state")
    )
    return [
        {
            "client": row["client__reference"],
            "name": row["client__name"],
            "service_month": show_month(row["service_month"]),
            "mrr": str(row["base"]),
            "commission": str(row["amount"]),
            "state": row["state"],
        }
        for row in rows
    ]


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
