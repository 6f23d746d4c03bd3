"""Hands what follows from invoices to `record_facts`: all of them at once, and where that is refused, one by one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Upper

from clients.models import Invoice, Payment, Reversal
from clients.recording.columns import KINDS
from clients.recording.problems import FactsRefused
from clients.recording.stage import Table
from clients.services.record_facts import record_facts
from integrations.stripe.models import FindingKind
from integrations.stripe.recording.case import Case, Found, fact_key
from integrations.stripe.recording.lines import invoice_rows
from integrations.stripe.recording.payments import payments_of
from integrations.stripe.recording.reversals import Reversed, reversals_of

SOURCE = "stripe"
Row = list[str]
MOST_SAID = 5


@dataclass(slots=True)
class Facts:
    """The facts of one invoice, in INTERFACE's columns, and what is found besides."""

    invoice: str
    lines: list[Row] = field(default_factory=list)
    payments: list[Row] = field(default_factory=list)
    reversals: list[Row] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)

    def without(self, known: "Recorded") -> "Facts":
        """Those that are not recorded yet; a fact stays as it was recorded."""
        lines = [] if self.invoice in known.invoices else self.lines
        payments = [row for row in self.payments if row[0] not in known.payments]
        reversals = [row for row in self.reversals if row[0] not in known.reversals]
        return Facts(self.invoice, lines, payments, reversals, [*self.found, *self._differing(known)])

    def _differing(self, known: "Recorded") -> Iterator[Found]:
        recorded = [(row, known.payments[row[0]]) for row in self.payments if row[0] in known.payments]
        recorded += [(row, known.reversals[row[0]]) for row in self.reversals if row[0] in known.reversals]
        for row, amount in recorded:
            now = row[2] if len(row) == len(KINDS["payments"]) else row[3]
            if amount != now:
                yield Found(
                    FindingKind.DIFFERS,
                    row[0],
                    f"It is recorded as {amount}, and Stripe says {now} now",
                    "What was recorded stays; look at it in Stripe, and correct it by a reversal or an adjustment",
                )

    @property
    def is_empty(self) -> bool:
        return not (self.lines or self.payments or self.reversals)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is recorded already: keys of invoices, amounts of payments and reversals by their keys."""

    invoices: set[str]
    payments: dict[str, str]
    reversals: dict[str, str]


def facts_of(case: Case, currency: str) -> Facts:
    """This function will work out the facts of an invoice, or why there are none."""
    invoice = case.invoice
    facts = Facts(fact_key(invoice.id))
    if obstacle := _obstacle(case, currency):
        facts.found.append(obstacle)
        return facts
    facts.lines = [[facts.invoice, *row[1:]] for row in invoice_rows(case)]
    if invoice.total > 0:
        payments = payments_of(case)
        facts.found += [payments.waits] if payments.waits else []
        facts.payments = [
            [paid.key, facts.invoice, str(case.money(paid.units)), str(paid.on)] for paid in payments.known
        ]
        for each in reversals_of(case, payments):
            if isinstance(each, Reversed):
                amount = case.money(each.units)
                facts.reversals.append([each.key, each.payment, each.kind.value, amount, str(each.on)])
            else:
                facts.found.append(each)
    return facts


def _obstacle(case: Case, currency: str) -> Found | None:
    invoice = case.invoice
    total = f"{case.money(invoice.total)} {invoice.currency}"
    if invoice.currency != currency:
        return Found(
            FindingKind.CURRENCY,
            invoice.id,
            f"The invoice is over {total}, and the program’s currency is {currency}",
            "It is kept and earns nothing; enter an adjustment for the partner if it should",
        )
    if invoice.total < 0:
        return Found(
            FindingKind.NEGATIVE,
            invoice.id,
            f"The invoice is over {total}, which goes to the customer’s balance",
            "Where it gives back money that was commissioned, enter an adjustment; the next invoice that the balance"
            " pays counts as paid",
        )
    if invoice.has_more_lines:
        return Found(
            FindingKind.LINES,
            invoice.id,
            f"The event carries the first {len(invoice.lines)} lines of the invoice, and it has more",
            "Run manage.py stripe_backfill, which reads all of them",
        )
    return None


def read_recorded(facts: Sequence[Facts]) -> Recorded:
    """This function will read which of these facts are recorded already."""
    payments = [row[0] for each in facts for row in each.payments]
    reversals = [row[0] for each in facts for row in each.reversals]
    return Recorded(
        invoices=set(_keys(Invoice, [each.invoice for each in facts]).values_list("reference", flat=True)),
        payments={key: str(amount) for key, amount in _keys(Payment, payments).values_list("reference", "amount")},
        reversals={key: str(amount) for key, amount in _keys(Reversal, reversals).values_list("reference", "amount")},
    )


def record(facts: Sequence[Facts], at: datetime) -> dict[str, int]:
    """This function will record facts and say how many rows of each kind came; what is refused is added to its `found`.

    One recording for all of them. Where it is refused, each invoice by itself, and of one that is refused, each of its
    payments and reversals: one bad fact stops nothing but itself.
    """
    new = [each for each in facts if not each.is_empty]
    written: dict[str, int] = {}
    if new and _try(new, at, written) is not None:
        for each in new:
            if _try([each], at, written) is not None:
                _one_by_one(each, at, written)
    return written


def _one_by_one(facts: Facts, at: datetime, written: dict[str, int]) -> None:
    pieces = [Facts(facts.invoice, lines=facts.lines)] if facts.lines else []
    pieces += [Facts(facts.invoice, payments=[row]) for row in facts.payments]
    pieces += [Facts(facts.invoice, reversals=[row]) for row in facts.reversals]
    for piece in pieces:
        refused = _try([piece], at, written)
        if refused is not None:
            subject = piece.invoice if piece.lines else (piece.payments or piece.reversals)[0][0]
            says = "; ".join(f"{each.column} {each.wrong}" for each in refused.problems.shown[:MOST_SAID])
            to_do = refused.problems.shown[0].right
            facts.found.append(Found(FindingKind.REFUSED, subject, says[:1].upper() + says[1:], to_do))
            if piece.lines:
                return  # Without the invoice nothing of it can be recorded.


def _try(facts: Sequence[Facts], at: datetime, written: dict[str, int]) -> FactsRefused | None:
    try:
        recorded = record_facts(tables=list(_tables(facts)), source=SOURCE, by=None, at=at)
    except FactsRefused as refused:
        return refused
    for kind, rows in recorded.written.items():
        written[kind] = written.get(kind, 0) + rows
    return None


def _tables(facts: Sequence[Facts]) -> Iterator[Table]:
    for kind, name in (("invoices", "lines"), ("payments", "payments"), ("reversals", "reversals")):
        rows = [row for each in facts for row in getattr(each, name)]
        if rows:
            yield Table(kind, kind, [column.name for column in KINDS[kind]], list(enumerate(rows, 1)))


def _keys(model: type[Invoice] | type[Payment] | type[Reversal], keys: Sequence[str]) -> Any:
    """Rows by their keys, through the index that knows them in capitals."""
    upper = [key.upper() for key in keys]
    rows: QuerySet[Any] = model._default_manager.alias(capitals=Upper("reference"))
    return rows.filter(capitals__in=upper, reference__in=list(keys))
