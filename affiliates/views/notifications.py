"""What a person hears of, and how soon."""

from collections import defaultdict

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from affiliates.acting import Acting, PartnerRequest, partner_page
from affiliates.forms.notifications import NotificationsForm
from affiliates.models import Membership
from affiliates.services.set_notifications import set_notifications
from notices.models import MAY_BE_OFF, NoticeKind, NoticePreference, Pace

ALWAYS = (
    (NoticeKind.CHARGEBACK, "Appendix B: chargebacks, disputes and billing problems are told at once."),
    (NoticeKind.PAYOUT_FAILED, "Money that did not arrive, or does not go on."),
    (NoticeKind.AGREEMENT, "A new version waits for an owner."),
    (NoticeKind.VIOLATION, "Clause 10: there are 15 days to cure it."),
    (NoticeKind.TERMINATION, "Clause 10: notice of termination."),
    (NoticeKind.SECURITY, "Changes of where money goes and of who may sign in."),
)
MOST_NAMES = 8


@require_http_methods(["GET", "HEAD", "POST"])
@partner_page(after_the_end=True)
def notification_settings(request: PartnerRequest) -> HttpResponse:
    """At once, once a day or off, for each kind of e-mail; each member chooses for themselves."""
    acting = request.acting
    paces = _paces(acting)
    mine = {kind.value: paces[acting.user.pk].get(kind.value, Pace.AT_ONCE) for kind in MAY_BE_OFF}
    form = NotificationsForm(request.POST or None, initial=mine, others=_others(acting, paces))
    if request.method == "POST" and form.is_valid():
        acting.do(set_notifications, partner=acting.partner, paces=form.paces(), by=acting.user, at=timezone.now())
        messages.success(request, "Saved. It holds from the next e-mail on.")
        return redirect("notification_settings")
    context = {
        "title": "Notifications",
        "lead": f"What {acting.user.email} hears of {acting.partner}, and how soon. Everybody chooses for themselves.",
        "back": (reverse("settings"), "Settings"),
        "form": form,
        "always": [(kind.label, why) for kind, why in ALWAYS],
    }
    return render(request, "affiliates/settings/notifications.html", context, status=422 if form.errors else 200)


def _paces(acting: Acting) -> dict[int, dict[str, Pace]]:
    """What each member has chosen, by person and kind."""
    chosen: dict[int, dict[str, Pace]] = defaultdict(dict)
    for each in NoticePreference.objects.filter(partner_id=acting.partner.pk):
        chosen[each.person_id][each.kind] = Pace(each.pace)
    return chosen


def _others(acting: Acting, paces: dict[int, dict[str, Pace]]) -> dict[str, str]:
    """Who else is told, by kind: `Also told: Theo Marsh (once a day)`."""
    members = Membership.objects.filter(partner=acting.partner, user__is_active=True).exclude(user=acting.user)
    people = [each.user for each in members.select_related("user").order_by("user__name", "user_id")]
    said = {}
    for kind in MAY_BE_OFF:
        told = [(person, paces[person.pk].get(kind.value, Pace.AT_ONCE)) for person in people]
        names = [
            f"{person.get_full_name()} (once a day)" if pace == Pace.DAILY else person.get_full_name()
            for person, pace in told
            if pace != Pace.OFF
        ]
        more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
        if names:
            said[kind.value] = f"Also told: {', '.join(names[:MOST_NAMES])}{more}"
        elif people:
            said[kind.value] = "Nobody else is told"
    return said
