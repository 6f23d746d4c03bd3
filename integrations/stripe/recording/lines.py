"""The lines of an invoice as facts: what it is for, for which months, with discounts and tax apart.

Their amounts add up to the invoice's total exactly. What Stripe's own lines do not explain stands in a line of its
own, under a word that nobody knows yet, so that finance sees it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from clients.models.category import Category
from integrations.stripe.months import service_months
from integrations.stripe.recording.case import Case
from integrations.stripe.shapes import Line

UNEXPLAINED = "stripe:unexplained"


@dataclass(frozen=True, slots=True)
class _Row:
    category: str
    units: int
    line: Line | None = None


def invoice_rows(case: Case) -> Iterator[list[str]]:
    """Yield the rows of an invoice in the columns of INTERFACE's `invoices`."""
    for number, row in enumerate(_rows(case), 1):
        since, months = _service(case, row.line)
        yield [
            case.invoice.id, case.client, str(case.issued_on), str(number), row.category,
            case.money(row.units), since, months,
        ]  # fmt: skip


def _rows(case: Case) -> list[_Row]:
    invoice = case.invoice
    rows = [row for line in invoice.lines for row in _of_line(case, line)]
    if invoice.discount and not any(line.discount for line in invoice.lines):
        rows += _spread(case, invoice.lines, invoice.discount)
    if (tax := invoice.tax - invoice.shipping_tax) and not any(line.tax for line in invoice.lines):
        rows.append(_Row(Category.TAX, tax))
    if invoice.shipping:
        rows.append(_Row(Category.ONE_TIME, invoice.shipping))
    if invoice.shipping_tax:
        rows.append(_Row(Category.TAX, invoice.shipping_tax))
    if rest := invoice.total - sum(row.units for row in rows):
        rows.append(_Row(UNEXPLAINED, rest))
    return rows or [_Row(Category.ONE_TIME, 0)]


def _of_line(case: Case, line: Line) -> Iterator[_Row]:
    """Yield a line without the tax inside it, then what comes off it for the same months, then its tax."""
    category = case.category(line)
    yield _Row(category, line.amount - line.tax_inside, line)
    if line.discount:
        yield _Row(category, -line.discount, line)
    if line.tax:
        yield _Row(Category.TAX, line.tax)


def _spread(case: Case, lines: Sequence[Line], discount: int) -> Iterator[_Row]:
    """Yield a discount of the whole invoice, off each line by its share; the shares add up to it."""
    whole = sum(line.amount for line in lines)
    if whole <= 0:
        return
    shares = pairwise(discount * so_far // whole for so_far in accumulate((line.amount for line in lines), initial=0))
    for line, (before, after) in zip(lines, shares, strict=True):
        if after != before:
            yield _Row(case.category(line), before - after, line)


def _service(case: Case, line: Line | None) -> tuple[str, str]:
    """From which day and for how many months a line is; one that does not say is for the month of its invoice."""
    if line is None:
        return "", ""
    if not line.start:
        return str(case.issued_on), "1"
    first = case.day(line.start)
    return str(first), str(service_months(first, case.day(max(line.end, line.start))))
