"""Closing a month: what it will do, the total read back, and by whom."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.rights import Right
from affiliates.money import show_money
from affiliates.months import show_month
from affiliates.staff_page import StaffRequest, moment, staff_page, who
from affiliates.views.confirmed_person import confirmed_person
from commissions.models import Period, Run
from commissions.services.post_period import PeriodCannotClose, check_closing
from commissions.services.start_run import PeriodIsClosed
from commissions.views.staff_month_parts import month_or_404
from parts.formats import counted, month_name
from parts.shapes import Tile
from payouts.forms import CloseForm
from payouts.services.close_period import ShownOtherwise, close_period
from payouts.services.issue_statement import count_statements, plan_statements
from payouts.services.open_payouts import expected_payouts


@never_cache
@staff_page(Right.RUN_MONTHS)
@confirmed_person
@require_http_methods(["GET", "HEAD", "POST"])
def month_close(request: StaffRequest, month: str) -> HttpResponse:
    """Say what closing will do, ask for the total, and close the month."""
    first, at = month_or_404(month), timezone.now()
    run = Run.objects.select_related("period", "after").filter(period=first).first()
    refused = _refused(request, first, run, at)
    if refused is not None or run is None:
        return refused or redirect("staff_month", month)
    form = CloseForm(request.POST or None, posted=run.posted, initial={"seen": run.mark})
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                closed = close_period(month=first, by=request.user, at=at, seen=form.cleaned_data["seen"])
                plan_statements(month=first, at=at)
        except (PeriodIsClosed, PeriodCannotClose) as refusal:
            messages.error(request, f"{refusal}.")
            return redirect("staff_month", month)
        except ShownOtherwise as refusal:
            messages.error(request, f"{refusal}.")
            return redirect("staff_month_close", month)
        opened = counted(closed.payouts, "payout is", "payouts are")
        messages.success(request, f"{month_name(first)} is closed; {opened} open now.")
        return redirect("staff_month", month)
    context = _about(run, form, month)
    return render(request, "payouts/staff/close.html", context, status=422 if form.errors else 200)


def _refused(request: StaffRequest, month: Any, run: Run | None, at: Any) -> HttpResponse | None:
    """Back to the month's page where it cannot be closed, with the way out."""
    period = Period.objects.select_related("closed_by").filter(month=month).first()
    if period is not None and period.closed_at is not None:
        messages.error(
            request,
            f"{month_name(month)} was closed already, on {moment(period.closed_at)} by {who(period.closed_by)}.",
        )
        return redirect("staff_month", show_month(month))
    try:
        check_closing(month=month, run=run, on=request.staff.program.day(at))
    except (PeriodIsClosed, PeriodCannotClose) as refusal:
        messages.error(request, f"{refusal}.")
        return redirect("staff_month", show_month(month))
    return None


def _about(run: Run, form: CloseForm, month: str) -> dict[str, Any]:
    first, name = run.period_id, month_name(run.period_id)
    payouts, sum_of_payouts = expected_payouts(month=first)
    partners = run.period.commissions.posted().values("partner").distinct().count()
    amounts, of_partners = counted(run.posted_rows, "amount", "amounts"), counted(partners, "partner", "partners")
    opens = counted(payouts, "payout opens", "payouts open")
    statements = counted(count_statements(month=first), "statement is", "statements are")
    return {
        "title": f"Close {name}",
        "lead": "It cannot be undone: what comes later is settled in the next month’s run.",
        "back": (reverse("staff_month", args=[month]), name),
        "tiles": [
            Tile("Posted", show_money(run.posted), note=counted(run.posted_rows, "amount", "amounts")),
            Tile("Partners", f"{partners:,}"),
            Tile("Payouts that open", f"{payouts:,}", note=show_money(sum_of_payouts)),
            Tile("Waiting", show_money(run.waiting), note="Stays waiting"),
        ],
        "steps": [
            f"{amounts} of {show_money(run.posted)} in all become final and enter the ledger of {of_partners}.",
            f"{opens} over {show_money(sum_of_payouts)}, and each partner is asked for report and invoice.",
            f"{statements} written for partners with amounts in the month or a balance.",
            "Each partner is told that the month is closed.",
        ],
        "is_early": run.period.as_of >= timezone.localdate(),
        "name": name,
        "form": form,
    }
