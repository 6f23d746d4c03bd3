"""What was sent to a partner's people."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from affiliates.acting import PartnerRequest, partner_page
from affiliates.filters import NOT_LISTED, NoticesFilter
from affiliates.models import Partner, Program
from notices.models import MAY_BE_OFF, Notice, NoticeKind
from notices.models.notice import TRIES
from notices.services.render_notice import action_of
from parts.formats import day, short_day
from parts.listing import Column, Listing
from parts.shapes import Badge, Cell, Empty, Tone

NOTHING_YET = Empty(
    "Nothing was sent yet",
    "When a lead moves, a month is closed or a payout goes on its way, the e-mail about it is kept here.",
)
# Their links carry a key that is for the one who got the e-mail.
KEEPS_ITS_LINK = (NoticeKind.SECURITY, NoticeKind.INVITATION)


@require_safe
@partner_page()
def notices(request: PartnerRequest) -> HttpResponseBase:
    """Every e-mail to the partner's people, newest first."""
    zone = ZoneInfo(Program.current().time_zone)
    listing = Listing(
        request=request,
        rows=_notices(request.acting.partner).select_related("person").defer("body"),
        columns={
            "subject": Column("Subject"),
            "to": Column("To", sort=("recipient",)),
            "when": Column("Written", sort=("id",)),
            "state": Column("State"),
        },
        line=lambda notice: (
            Cell(notice.subject, below=notice.get_kind_display(), url=reverse("notice", args=[notice.pk])),
            Cell(_name(notice), below=notice.recipient if _name(notice) != notice.recipient else ""),
            Cell(short_day(notice.created_at.astimezone(zone).date()), below=_hour(notice.created_at, zone)),
            Cell(badge=_state(notice)),
        ),
        default="-when",
        empty=NOTHING_YET,
        filters=NoticesFilter,
        label="E-mails to your people",
    )
    context = {
        "title": "Notices",
        "lead": f"What was sent to the people of {request.acting.partner}, and to whom.",
        "listing": listing,
    }
    return render(request, "affiliates/notices/list.html", context)


@require_safe
@partner_page()
def notice(request: PartnerRequest, pk: int) -> HttpResponse:
    """One e-mail, as it was written."""
    found = get_object_or_404(_notices(request.acting.partner).select_related("person"), pk=pk)
    zone = ZoneInfo(Program.current().time_zone)
    context = {
        "title": found.subject,
        "back": (reverse("notices"), "Notices"),
        "notice": found,
        "name": _name(found),
        "state": _state(found),
        "meaning": _meaning(found),
        "written": _moment(found.created_at, zone),
        "sent": _moment(found.sent_at, zone) if found.sent_at else "",
        "action": action_of(found) if found.path and found.kind not in KEEPS_ITS_LINK else "",
        "may_be_off": found.kind in MAY_BE_OFF,
    }
    return render(request, "affiliates/notices/notice.html", context)


def _notices(partner: Partner) -> QuerySet[Notice]:
    return Notice.objects.filter(partner_id=partner.pk).exclude(kind__in=NOT_LISTED)


def _name(notice: Notice) -> str:
    return notice.person.get_full_name() if notice.person else notice.recipient


def _state(notice: Notice) -> Badge:
    if notice.sent_at:
        return Badge("Sent", Tone.GOOD)
    if notice.tries >= TRIES:
        return Badge("Failed", Tone.BAD)
    if notice.tries:
        return Badge("Trying again", Tone.WAITING)
    return Badge("In the day’s e-mail" if notice.is_daily else "To be sent", Tone.WAITING)


def _meaning(notice: Notice) -> str:
    """What its state means for the reader, where that is not plain."""
    if notice.sent_at:
        return ""
    if notice.tries >= TRIES:
        return f"The mail server did not take it, {TRIES} times. Look whether {notice.recipient} is right."
    if notice.tries:
        return "The mail server did not take it yet. It is tried again every few minutes."
    if notice.is_daily:
        return "It goes out in the e-mail of the day, together with what else happens."
    return "It goes out within a minute or two."


def _moment(at: datetime, zone: ZoneInfo) -> str:
    return f"{day(at.astimezone(zone).date())}, {_hour(at, zone)}"


def _hour(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%H:%M}"
