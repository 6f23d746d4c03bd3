from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.rights import Right
from affiliates.staff_page import StaffRequest, staff_page
from referrals.board import UNASSIGNED
from referrals.filters import OPEN
from referrals.forms.sales import PartnerRepForm, RepForm, TeamForm
from referrals.models import Lead, PartnerRep, Rep, Team
from referrals.models.lead import ENDED
from referrals.services.set_up_reps import NotOfSales, TeamIsThere, make_team, set_partner_rep, set_rep

OPEN_LEADS = Count("leads", filter=~Q(leads__lead__stage__in=ENDED))


@dataclass(frozen=True, slots=True)
class Line:
    """Somebody who works on leads, or could, as the page shows them."""

    user: int
    name: str
    email: str
    open_leads: int
    url: str
    team: int | None
    is_active: bool


@staff_page(Right.RUN_SALES)
@require_safe
def staff_team(request: StaffRequest) -> HttpResponseBase:
    """Who works on leads, in which team, and who gets whose."""
    return _page(request)


@staff_page(Right.RUN_SALES)
@require_POST
def staff_team_new(request: StaffRequest) -> HttpResponseBase:
    form = TeamForm(request.POST)
    if form.is_valid():
        try:
            team = make_team(name=form.cleaned_data["name"], by=request.user, at=timezone.now())
        except TeamIsThere as refused:
            form.add_error("name", f"{refused}.")
        else:
            messages.success(request, f"The team “{team}” is there; choose it for its reps.")
            return redirect("staff_team")
    return _page(request, team_form=form)


@staff_page(Right.RUN_SALES)
@require_POST
def staff_rep_set(request: StaffRequest) -> HttpResponseBase:
    form = RepForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose a person and a team of those shown.")
        return redirect("staff_team")
    try:
        rep = set_rep(**form.cleaned_data, by=request.user, at=timezone.now())
    except NotOfSales as refused:
        messages.error(request, f"{refused}.")
    else:
        messages.success(request, f"{rep} {'takes' if rep.is_active else 'takes no'} new leads.")
    return redirect("staff_team")


@staff_page(Right.RUN_SALES)
@require_POST
def staff_partner_rep_set(request: StaffRequest) -> HttpResponseBase:
    form = PartnerRepForm(request.POST)
    if not form.is_valid():
        return _page(request, partner_form=form)
    partner, rep = form.cleaned_data["partner"], form.cleaned_data["rep"]
    set_partner_rep(partner=partner, rep=rep, by=request.user, at=timezone.now())
    messages.success(request, f"New leads of {partner} go to {rep or 'the reps in turn'}.")
    return redirect("staff_team")


def _page(
    request: StaffRequest, *, team_form: TeamForm | None = None, partner_form: PartnerRepForm | None = None
) -> HttpResponseBase:
    is_wrong = bool((team_form and team_form.errors) or (partner_form and partner_form.errors))
    unassigned = Lead.objects.open().filter(work__owner=None).count()
    context = {
        "title": "Sales team",
        "lead": "New leads go to their partner’s own rep; all others to those who take leads, in turn.",
        "lines": _lines(),
        "teams": Team.objects.all(),
        "is_anybody": Rep.objects.taking().exists(),
        "unassigned": unassigned,
        "unassigned_url": f"{reverse('staff_leads')}?{urlencode({'owner': UNASSIGNED, 'stage': OPEN[0]})}",
        "own_reps": PartnerRep.objects.select_related("partner", "rep__user"),
        "team_form": team_form or TeamForm(auto_id="team-%s"),
        "partner_form": partner_form or PartnerRepForm(auto_id="partner-%s"),
    }
    return render(request, "referrals/sales/team.html", context, status=422 if is_wrong else 200)


def _lines() -> list[Line]:
    """Reps, and those of the staff who may move leads and are none yet."""
    may_move = Q(groups__permissions__codename=Right.MOVE_LEADS) | Q(user_permissions__codename=Right.MOVE_LEADS)
    movers = User.objects.filter(may_move, is_staff=True, is_active=True).values("pk")
    people = User.objects.filter(Q(rep__isnull=False) | Q(pk__in=movers)).select_related("rep__team")
    counts = dict(Rep.objects.annotate(found=OPEN_LEADS).values_list("user", "found"))
    return [_line(user, counts.get(user.pk)) for user in people.order_by("name", "pk")]


def _line(user: User, count: int | None) -> Line:
    rep = user.rep if count is not None else None
    return Line(
        user=user.pk,
        name=user.get_full_name(),
        email=user.email,
        open_leads=count or 0,
        url=f"{reverse('staff_leads')}?{urlencode({'owner': rep.pk, 'stage': OPEN[0]})}" if rep else "",
        team=rep.team_id if rep else None,
        is_active=rep is not None and rep.is_active,
    )
