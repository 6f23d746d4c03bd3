"""Giving notice of termination: what it would mean in numbers first, then the notice itself (10)."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from affiliates.acting import PartnerRequest, partner_page
from affiliates.models import Program
from affiliates.models.partner import EndedBy
from affiliates.money import show_money
from affiliates.services.end_partnership import NoticeRefused, end_partnership
from parts.formats import day
from payouts.ending import end_of
from payouts.forms import EndForm
from payouts.views.ending_outcomes import chosen_day, dates_of, stays_of, stops_of, tiles_of


@require_http_methods(["GET", "HEAD", "POST"])
@partner_page(owners_only=True)
def end_agreement(request: PartnerRequest) -> HttpResponse:
    acting = request.acting
    if acting.partner.terminated_on is not None:
        messages.info(request, f"Notice was given: the partnership ends on {day(acting.partner.terminated_on)}.")
        return redirect("agreement")
    form = EndForm(request.POST, partner=acting.partner, today=acting.today) if request.method == "POST" else None
    if form is not None and form.is_valid():
        effective_on = form.cleaned_data["effective_on"]
        try:
            acting.do(
                end_partnership,
                partner=acting.partner,
                given_by=EndedBy.PARTNER,
                given_on=acting.today,
                effective_on=effective_on,
                reason=form.cleaned_data["reason"],
                by=acting.user,
                at=timezone.now(),
            )
        except NoticeRefused as refused:
            messages.error(request, f"No notice was given. {refused}.")
        else:
            messages.success(request, f"Notice is given. The last day of the partnership is {day(effective_on)}.")
        return redirect("agreement")
    return _page(request, form)


def _page(request: PartnerRequest, form: EndForm | None) -> HttpResponse:
    acting, program = request.acting, Program.current()
    chooser, effective_on = chosen_day(form.data if form is not None else request.GET, today=acting.today)
    ending = end_of(acting.partner, effective_on=effective_on, today=acting.today)
    currency = program.currency
    context = {
        "title": "End the partnership",
        "lead": "What ending it would mean, as things stand today. Nothing happens before you give notice below.",
        "back": (reverse("agreement"), "Agreement"),
        "chooser": chooser,
        "effective_on": day(effective_on),
        "tiles": tiles_of(ending, currency),
        "stops": stops_of(ending, currency),
        "stays": stays_of(ending, currency),
        "total": f"{show_money(ending.still_paid)} {currency}",
        "dates": dates_of(effective_on),
        "form": form
        or EndForm(partner=acting.partner, today=acting.today, initial={"effective_on": effective_on.isoformat()}),
    }
    return render(request, "payouts/end_agreement.html", context)
