"""What went wrong at billing: a client's payment that failed, and facts that were refused."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from clients.models import Invoice, ProblemKind
from clients.recording.columns import KINDS
from clients.recording.problems import FactsRefused
from clients.recording.stage import Table
from clients.services.keep_refusal import keep_refusal
from clients.services.record_facts import record_facts
from clients.services.record_payment_problem import record_payment_problem
from portal.demo.days import Days, day_of
from portal.demo.diary import Entry
from portal.demo.draft import LARGEST
from portal.demo.people import FINANCE, staff

UNKNOWN = {"payment": "late-1", "invoice": "unknown-invoice", "amount": "120.00"}


def trouble_entries(days: Days) -> Iterator[Entry]:
    """One of each, late in the last complete month, for the diary."""
    yield Entry(days.at(day_of(days.last, 23), 11), _fail_a_payment)
    yield Entry(days.at(day_of(days.last, 26), 8), partial(_refuse, f"{day_of(days.last, 25)}"))


def _fail_a_payment(at: datetime) -> None:
    invoice = Invoice.objects.filter(client__partner__reference=LARGEST, client__canceled_on=None).latest(
        "issued_on", "pk"
    )
    record_payment_problem(
        client=invoice.client,
        kind=ProblemKind.FAILED,
        occurred_on=at.date(),
        key="demo: a card that expired",
        invoice=invoice,
        note="The client’s card had expired; billing asked for another one.",
        by=staff(FINANCE),
        at=at,
    )


def _refuse(received_on: str, at: datetime) -> None:
    """A file of payments names an invoice that nobody sent: nothing of it is recorded."""
    names = [column.name for column in KINDS["payments"]]
    row = [(UNKNOWN | {"received_on": received_on}).get(name, "") for name in names]
    try:
        record_facts(
            tables=[Table("payments", "payments.csv", names, [(2, row)])], source="late payments", by=None, at=at
        )
    except FactsRefused as refused:
        keep_refusal(source="late payments", problems=refused.problems, by=None, at=at)
