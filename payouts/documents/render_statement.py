"""Print a partner's statement of a closed month as a PDF that says the same in the same bytes each time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from re import fullmatch

from parts.formats import counted, day, money, month_name, percent, plain
from parts.paper import Attached, fill, print_pdf, safe_accent
from payouts.documents import statement_tables as tables
from payouts.documents.chart import month_bars, span
from payouts.documents.statement_csv import write_csv
from payouts.documents.statement_data import Party, StatementData, TierMonth
from payouts.documents.statement_tables import add

CSS = Path(__file__).with_name("statement.css")
TEMPLATE = "payouts/statement.html"
TIER_MONTHS_EXPLAINED = 4


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with its table, or with a sentence that says why there is none."""

    title: str
    note: str = ""
    table: tables.Table | None = None


class StatementDoesNotAddUp(ValueError):
    """The closing balance is not what the entries of the statement make of the opening balance."""

    def __init__(self, number: str, difference: str) -> None:
        super().__init__(f"Statement {number} is off by {difference}: its entries don't make its balance.")


def render_statement(data: StatementData) -> bytes:
    """Return the statement as PDF/UA-1, with every line as an attached CSV where the pages state sums.

    :raises StatementDoesNotAddUp: opening balance and entries don't make the closing balance
    """
    check_sum(data)
    html = statement_html(data)
    attached = [attached_lines(data)] if tables.needs_attachment(data) else []
    return print_pdf(html, CSS, data.accent, attached)


def check_sum(data: StatementData) -> None:
    """Refuse a statement whose closing balance isn't the sum of what it lists."""
    posted = add(line.amount for line in (*data.lines, *data.corrections))
    moved = add(entry.amount for entry in (*data.adjustments, *data.payouts))
    difference = data.closing - data.opening - posted - moved
    if difference:
        raise StatementDoesNotAddUp(data.number, money(difference))


def statement_html(data: StatementData) -> str:
    """Return the document as HTML: every text from outside is one plain, escaped line."""
    title = f"Commission statement {data.number}, {month_name(data.period)}, {data.partner.name}"
    context = {
        "language": data.language,
        "title": plain(title),
        "number": plain(data.number),
        "program": plain(data.program),
        "company": party(data.company),
        "partner": party(data.partner),
        "period": month_name(data.period),
        "facts": facts(data),
        "currency": plain(data.currency),
        "opening": money(data.opening),
        "summary": summary(data),
        "closing": money(data.closing),
        "payout": money(data.payout_opened),
        "payout_note": plain(data.payout_note),
        "chart": month_bars(data.history, safe_accent(data.accent)),
        "chart_span": span(data.history),
        "tiers": [tier_in_words(tier) for tier in explained_tiers(data)],
        "attachment": attachment_name(data) if tables.needs_attachment(data) else "",
        "line_count": counted(len(data.lines) + len(data.corrections), "line", "lines"),
        "summed_up": tables.is_summed_up(data),
        "sections": sections(data),
    }
    return fill(TEMPLATE, context)


def facts(data: StatementData) -> list[tuple[str, str]]:
    """Return what tells this statement from others."""
    return [
        ("Statement", plain(data.number)),
        ("Partner", plain(data.partner_key)),
        ("Period", month_name(data.period)),
        ("Facts up to", day(data.as_of)),
        ("Issued", day(data.issued_on)),
    ]


def party(party: Party) -> dict[str, object]:
    """Return a name, and the lines of its address for the letterhead."""
    return {"name": plain(party.name), "lines": [plain(line) for line in (*party.address, party.email) if line]}


def summary(data: StatementData) -> list[tuple[str, str]]:
    """Return the entries of the month, summed by what they are."""
    return [
        (f"Commissions, {month_name(data.period)}", money(add(line.amount for line in data.lines))),
        ("Corrections of earlier months", money(add(line.amount for line in data.corrections))),
        ("Adjustments", money(add(entry.amount for entry in data.adjustments))),
        ("Payouts", money(add(entry.amount for entry in data.payouts))),
    ]


def sections(data: StatementData) -> Iterator[Section]:
    """Yield what the statement lists, leaving out what this month has none of."""
    if tables.is_summed_up(data):
        yield Section("Commissions and corrections by client", table=tables.by_client(data))
    else:
        yield from commission_sections(data)
        if data.corrections:
            note = "Differences to what earlier statements posted, from facts that came or changed since."
            yield Section("Corrections of earlier months", note, tables.corrections(data.corrections))
    if data.waiting:
        note = "Earned but not posted: each client waits for one month after its close (Appendix B)."
        yield Section("Waiting", note, tables.waiting(data.waiting))
    if data.excluded:
        yield Section("Received, earning no commission", table=tables.excluded(data.excluded))
    if data.adjustments or data.payouts:
        yield Section("Adjustments and payouts", table=tables.movements(data))


def commission_sections(data: StatementData) -> Iterator[Section]:
    """Yield the month's commissions, a table for each service month with its rate."""
    for month, _, table in tables.commissions(data.lines):
        yield Section(f"Commissions for {month_name(month)}", table=table)
    if not data.lines:
        note = "No subscription money of this month has earned commission yet."
        yield Section(f"Commissions for {month_name(data.period)}", note)


def explained_tiers(data: StatementData) -> list[TierMonth]:
    """Return the tiers to explain: the period's, then the newest of the months that it corrects."""
    newest_first = sorted(data.tiers, key=lambda tier: tier.service_month, reverse=True)
    return newest_first[:TIER_MONTHS_EXPLAINED]


def tier_in_words(tier: TierMonth) -> tuple[str, str]:
    """Return a month and how its rate came about, with the arithmetic."""
    mrr, rate = money(tier.mrr), percent(tier.rate)
    whole = f"{rate} applies to all of it: {mrr} \N{MULTIPLICATION SIGN} {rate} = {money(tier.mrr * tier.rate)}"
    reason = f"MRR {mrr} is at least {money(tier.threshold)}, so {whole}."
    if tier.next_threshold is None or tier.next_rate is None:
        return month_name(tier.service_month), reason
    short, next_at = money(tier.next_threshold - tier.mrr), money(tier.next_threshold)
    next_rate = percent(tier.next_rate)
    if not tier.threshold:
        reason = f"MRR {mrr} is below {next_at}, so {whole}."
    reason += f" It is {short} short of {next_at}, from where {next_rate} would apply to all of it."
    return month_name(tier.service_month), reason


def attachment_name(data: StatementData) -> str:
    """Return the file name of the attached lines, of the statement's number's safe characters."""
    kept = "".join(character if fullmatch(r"[A-Za-z0-9._-]", character) else "-" for character in data.number)
    return f"statement-{kept}-lines.csv"


def attached_lines(data: StatementData) -> Attached:
    """Return every line of the statement as a file inside it."""
    count = len(data.lines) + len(data.corrections) + len(data.waiting)
    return Attached(
        write_csv(data),
        name=attachment_name(data),
        description=f"All {counted(count, 'line', 'lines')} of statement {plain(data.number)}, as CSV",
        at=datetime.combine(data.issued_on, time(), UTC),
    )
