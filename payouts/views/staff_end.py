"""The company ends a partnership: what it would mean in numbers first, then its notice (10)."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.rights import Right
from affiliates.models import Partner, Violation
from affiliates.money import show_money
from affiliates.services.end_by_company import AnotherPartners, end_by_company
from affiliates.services.end_partnership import NoticeRefused
from affiliates.services.open_violation import CureStillRuns, ViolationIsDecided
from affiliates.staff_page import StaffRequest, asked_key, staff_page
from parts.formats import counted, day
from payouts.ending import end_of
from payouts.forms import CompanyEndForm
from payouts.models import Payout
from payouts.views.ending_outcomes import Outcome, chosen_day, dates_of, stays_of, stops_of, tiles_of

REFUSALS = (NoticeRefused, CureStillRuns, ViolationIsDecided, AnotherPartners)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Right.END_PARTNERSHIPS)
def end_partner(request: StaffRequest, pk: int) -> HttpResponse:
    """Notice of termination, with the breach that it is for where there is one."""
    partner, today = get_object_or_404(Partner, pk=pk), request.staff.today
    if partner.terminated_on is not None:
        ended = "ends" if partner.terminated_on >= today else "ended"
        messages.info(request, f"There is notice already: the partnership with {partner} {ended} on "
                               f"{day(partner.terminated_on)}.")  # fmt: skip
        return redirect("staff_partner", pk=partner.pk)
    violation = _violation(request, partner)
    form = CompanyEndForm(request.POST, partner=partner, today=today) if request.method == "POST" else None
    if form is not None and form.is_valid():
        try:
            notice = end_by_company(
                partner=partner,
                effective_on=form.cleaned_data["effective_on"],
                reason=form.cleaned_data["reason"],
                violation=violation,
                by=request.staff.user,
                at=timezone.now(),
            )
        except REFUSALS as refusal:
            messages.error(request, f"No notice was given. {refusal}.")
        else:
            last = day(notice.effective_on)
            messages.success(request, f"Notice is given, and {partner} is told. The last day is {last}.")
        if violation is not None:
            return redirect("staff_violation", pk=violation.pk)
        return redirect("staff_partner", pk=partner.pk)
    return _page(request, partner, violation, form)


def _violation(request: StaffRequest, partner: Partner) -> Violation | None:
    """The breach that the address, or the form, names."""
    asked = request.POST.get("violation", "") if request.method == "POST" else request.GET.get("violation", "")
    if not asked:
        return None
    return get_object_or_404(Violation, pk=asked_key(asked), partner=partner)


def _page(
    request: StaffRequest, partner: Partner, violation: Violation | None, form: CompanyEndForm | None
) -> HttpResponse:
    today, currency = request.staff.today, request.staff.program.currency
    chooser, effective_on = chosen_day(form.data if form is not None else request.GET, today=today)
    ending = end_of(partner, effective_on=effective_on, today=today)
    reason = f"The breach of clause {violation.clause} was not cured by {day(violation.cure_by)}." if violation else ""
    initial = {
        "effective_on": effective_on.isoformat(),
        "reason": reason,
        "violation": violation.pk if violation else None,
    }
    context = {
        "title": f"End the partnership with {partner}",
        "lead": "What it would mean, as things stand today. Nothing happens before you give notice below.",
        "back": _back(partner, violation),
        "chooser": chooser,
        "keeps": violation.pk if violation else "",
        "effective_on": day(effective_on),
        "tiles": tiles_of(ending, currency),
        "stops": stops_of(ending, currency),
        "stays": [*stays_of(ending, currency), _payouts(partner)],
        "total": f"{show_money(ending.still_paid)} {currency}",
        "dates": dates_of(effective_on),
        "partner": partner,
        "violation": violation,
        "form": form or CompanyEndForm(partner=partner, today=today, initial=initial),
    }
    return render(request, "payouts/staff/end.html", context, status=422 if form is not None else 200)


def _back(partner: Partner, violation: Violation | None) -> tuple[str, str]:
    if violation is not None:
        return reverse("staff_violation", args=[violation.pk]), "The violation"
    return reverse("staff_partner", args=[partner.pk]), partner.name


def _payouts(partner: Partner) -> Outcome:
    """The payouts on their way: they go on, and what is left of the balance is paid with the last of them."""
    unpaid = Payout.objects.before_payment().filter(partner=partner).count()
    return Outcome("Payouts on their way", counted(unpaid, "payout", "payouts"), "Part of the balance; each goes on.")
