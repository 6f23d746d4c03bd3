"""Makes the demo happen: begun once, gone on with after a kill, never told twice."""

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Protocol

from django.db import transaction

from accounts.models import AuditEntry
from accounts.services.write_audit import write_audit
from affiliates.models import Partner
from affiliates.months import month_of, show_month
from commissions.models import Period, Run
from commissions.services.start_run import start_run
from payouts.services.close_period import close_period
from payouts.services.issue_statement import plan_statements
from portal.demo.days import Days
from portal.demo.diary import Entry, in_order
from portal.demo.disputes import dispute_entries
from portal.demo.draft import Draft, Scale, draw
from portal.demo.files import record, write_program
from portal.demo.introductions import introduction_entries
from portal.demo.leads import draw_leads, lead_entries
from portal.demo.links import link_entries
from portal.demo.mail import send_old_mail, set_paces
from portal.demo.money import begin_newest_payouts, money_entries, tell_closed
from portal.demo.partnerships import partnership_entries, set_up_program
from portal.demo.people import FINANCE, make_people, make_reps, staff
from portal.demo.stripe_events import stripe_entries
from portal.demo.troubles import trouble_entries
from portal.demo.webhooks import webhook_entries

SUBJECT = "demo program"
BEGUN, TOLD, LOADED = "demo begun", "demo month told", "demo loaded"
CLIENTS_A_PART = 100  # So that the workers have several parts of the run to share.
STATEMENTS_OF = 1  # So many months have statements, the newest ones.

Say = Callable[[str], object]


class NotEmpty(Exception):
    """There are partners that the demo did not make; it would mix invented ones with them."""


class Workers(Protocol):
    """Who works in the background: computes a run's parts and writes a month's statements."""

    def compute(self, run: Run) -> None: ...

    def write_statements(self, month: date) -> None: ...


def is_loaded() -> bool:
    """Whether the demo was told to its end."""
    return AuditEntry.objects.filter(subject=SUBJECT, action=LOADED).exists()


def load(*, now: datetime, scale: Scale, folder: Path, password: Callable[[], str], workers: Workers, say: Say) -> None:
    """This function will tell the demo, from the beginning or from where an earlier try stopped.

    Each month is one transaction. The last complete month is left to the workers.

    :raises NotEmpty: there are partners that the demo did not make
    """
    if is_loaded():
        return
    days = _begin(now, scale, password)
    draft = draw(days, scale)
    entries = _diary(draft, folder, say)
    say(f"The program's files lie in {folder}; each month is told and closed by the people who would do it:")
    for month in days.all():
        _tell(month, [entry for entry in entries if month_of(days.day(entry.at)) == month], days)
    _finish(days, workers, say)


def _begin(now: datetime, scale: Scale, password: Callable[[], str]) -> Days:
    """This function will make the people and the settings once, and give the days as they were then."""
    with transaction.atomic():
        begun = AuditEntry.objects.filter(subject=SUBJECT, action=BEGUN).first()
        if begun is not None:
            return Days(datetime.fromisoformat(begun.details["now"]), scale.months)
        if Partner.objects.exists():
            raise NotEmpty
        set_up_program()
        make_people(password())
        make_reps(now)
        write_audit(by=None, at=now, action=BEGUN, subject=SUBJECT, now=now.isoformat())
    return Days(now, scale.months)


def _diary(draft: Draft, folder: Path, say: Say) -> list[Entry]:
    leads = draw_leads(draft)
    won = {lead.client.key for lead in leads if lead.client is not None}
    deliveries = write_program(draft, folder, won=won)
    return in_order(
        chain(
            partnership_entries(draft),
            link_entries(draft),
            lead_entries(draft, leads),
            introduction_entries(draft.days),
            stripe_entries(draft.days),
            (Entry(delivery.at, partial(record, delivery)) for delivery in deliveries),
            money_entries(draft.days, say),
            dispute_entries(draft.days),
            trouble_entries(draft.days),
            webhook_entries(draft.days),
        ),
        draft.days,
    )


def _tell(month: date, entries: list[Entry], days: Days) -> None:
    with transaction.atomic():
        told = AuditEntry.objects.filter(subject=SUBJECT, action=TOLD, details__month=show_month(month))
        if told.exists():
            return
        for entry in entries:
            entry.take()
        at = entries[-1].at if entries else days.now
        write_audit(by=None, at=at, action=TOLD, subject=SUBJECT, month=show_month(month))


def _finish(days: Days, workers: Workers, say: Say) -> None:
    """This function will have the last complete month computed, close it, and have its statements written."""
    if not Period.objects.closed().filter(month=days.last).exists():
        run = start_run(month=days.last, by=staff(FINANCE), at=days.now, clients_a_part=CLIENTS_A_PART)
        workers.compute(run)
        closed = close_period(month=days.last, by=staff(FINANCE), at=days.now)
        run.refresh_from_db()
        say(tell_closed(days.last, run.posted, run.posted_rows, closed.payouts))
    for place in reversed(range(STATEMENTS_OF)):
        plan_statements(month=days.back(place), at=days.now)
        workers.write_statements(days.back(place))
    with transaction.atomic():
        begin_newest_payouts(days.last, days.now)
        set_paces(days.now)
        send_old_mail(days.now)
        write_audit(by=None, at=days.now, action=LOADED, subject=SUBJECT)
