"""The demo's webhooks: endpoints of a partner and of the company, on hosts that lead nowhere.

Nothing is sent: what the endpoints answer is told, and written down as if it had come. Their hosts end in `.invalid`,
so that what the portal sends later is not sent either, nor looked up.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from django.db.models import Min

from accounts.models import User
from affiliates.models import Partner
from affiliates.services.tell_of_webhooks import tell_of_webhooks
from notices.models import DeliveryState, EventKind, WebhookEndpoint
from notices.models.webhook import DELAYS
from notices.outgoing import NOWHERE, TOO_SLOW, Answer
from notices.services.keep_endpoint import make_endpoint
from notices.services.redeliver import redeliver_since
from notices.services.send_webhooks import send_next
from portal.demo.days import Days
from portal.demo.diary import Entry
from portal.demo.draft import LARGEST
from portal.demo.people import MANAGER, owner_of, staff

A_SECOND = timedelta(seconds=1)
GAVE_UP = timedelta(days=9)  # So long ago an endpoint began to answer nothing.
TO_THE_END = sum(DELAYS, timedelta(minutes=1))  # All its tries.
NEW = timedelta(hours=6)  # So long ago the endpoints that are on were made; their tries of one event go on.
OF_LEADS = (EventKind.LEAD_REGISTERED, EventKind.LEAD_MOVED)
OF_PAYOUTS = (EventKind.PAYOUT_READY, EventKind.PAYOUT_APPROVED, EventKind.PAYOUT_PAID)
OF_PROGRAM = (EventKind.PARTNER_APPLIED, EventKind.LEAD_REGISTERED, EventKind.CLIENT_WON, EventKind.CLIENT_CANCELLED)
AWAY = Answer(503, "Service Unavailable: we are back at six", 212)
SILENT = Answer(None, TOO_SLOW, 10_000)


@dataclass(slots=True)
class Told:
    """Answers as they are told instead of sending: one event, with the id `lost`, is never taken."""

    lost: str
    instead: Answer
    took: int = field(default=70)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        if headers["webhook-id"] == self.lost:
            return self.instead
        self.took = 40 + self.took * 7 % 110
        return Answer(200, "ok", self.took)


def webhook_entries(days: Days) -> Iterator[Entry]:
    """What happens with the endpoints, for the diary; the last step of the last day is among it."""
    silent = days.now - GAVE_UP
    yield Entry(silent, partial(_one_that_gave_up, silent + TO_THE_END))
    yield Entry(silent + TO_THE_END, lambda at: tell_of_webhooks(at=at))
    yield Entry(max(days.now - NEW, days.at(days.current, 0)), _new_ones)
    yield Entry(days.now, _work_new_ones)


def _one_that_gave_up(until: datetime, at: datetime) -> None:
    """The partner's first endpoint: one day its program did not answer any more, for three days."""
    owner = owner_of(LARGEST)
    endpoint = _make(_number(LARGEST), f"https://books.{LARGEST}{NOWHERE}/payouts", OF_PAYOUTS, owner, at)
    redeliver_since(endpoint=endpoint, since=at - timedelta(days=75), by=owner, at=at)
    _send(endpoint, SILENT, until=until)


def _new_ones(at: datetime) -> None:
    """Each is to have what happened lately."""
    owner, manager = owner_of(LARGEST), staff(MANAGER)
    of_partner = _make(_number(LARGEST), f"https://hooks.{LARGEST}{NOWHERE}/tributary", OF_LEADS, owner, at)
    of_company = _make(None, f"https://hooks.quillhaven{NOWHERE}/partners", OF_PROGRAM, manager, at)
    redeliver_since(endpoint=of_partner, since=at - timedelta(days=21), by=owner, at=at)
    redeliver_since(endpoint=of_company, since=at - timedelta(days=7), by=manager, at=at)


def _work_new_ones(at: datetime) -> None:
    for endpoint in WebhookEndpoint.objects.filter(is_on=True):
        _send(endpoint, AWAY, until=at)


def _number(partner: str) -> int:
    return Partner.objects.get(reference=partner).pk


def _make(partner_id: int | None, url: str, kinds: tuple[EventKind, ...], by: User, at: datetime) -> WebhookEndpoint:
    endpoint, _ = make_endpoint(partner_id=partner_id, url=url, kinds=kinds, by=by, at=at)
    return endpoint


def _send(endpoint: WebhookEndpoint, instead: Answer, *, until: datetime) -> None:
    """This function will have everything delivered that is due until a moment.

    The newest event of before the endpoint was made is not taken, and tried again and again.
    """
    before = endpoint.deliveries.filter(event__at__lte=endpoint.made_at).select_related("event").first()
    told = Told(before.event.message_id if before else "", instead)
    moment: datetime | None = endpoint.made_at
    while moment is not None:
        while send_next(endpoint_id=endpoint.pk, sender=told, clock=_clock(moment)):
            moment += A_SECOND
        later = endpoint.deliveries.filter(state=DeliveryState.DUE, next_at__gt=moment, next_at__lte=until)
        moment = later.aggregate(first=Min("next_at"))["first"]


def _clock(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment
