"""The small cast of the tests, and short words to tell a program with.

Two partners (`ada`, `ben`), their clients, a sales rep and two people in finance. A program is told as facts
that go through `record_facts` like any file's, months are computed and closed by the real services, and
amounts are read as the export gives them, so no test stands on an impossible state:

    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    assert close("2026-01") == {"ada acme 2026-01": "200.00"}
"""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal

from django.contrib.auth.models import Group
from django.db import connection

from accounts.models import Role, User
from affiliates.models import Membership, Partner
from affiliates.models.partner import MemberRole
from affiliates.months import add_months, parse_month, show_month
from clients.recording.columns import KINDS
from clients.recording.stage import Table
from clients.services.record_facts import Recorded, record_facts
from commissions.explanation import Explanation, explain
from commissions.export import export_rows
from commissions.models import Commission, Run
from commissions.services.run_period import run_period
from payouts.services.close_period import close_period

AT = datetime(2027, 1, 1, 12, tzinfo=UTC)
FIRST_LINE = 2  # Line 1 of a file is its header.

Values = dict[str, str]
Facts = tuple[tuple[str, Values], ...]  # Rows with the kind of each, values as a file has them.


# -- Facts ------------------------------------------------------------------------------------------------


def partner(key: str, *, joined: str = "2025-01-01", ended: str = "", ended_by: str = "") -> Facts:
    """A partner; `ended` is the day on which its termination takes effect."""
    row = {
        "partner": key,
        "name": f"{key.title()} Partners",
        "kind": "affiliate",
        "email": f"{key}@partners.example",
        "joined_on": joined,
        "terminated_on": ended,
        "terminated_by": ended_by,
    }
    return (("partners", row),)


def client(key: str, of: str = "ada", *, closed: str = "2025-06-01", canceled: str = "", name: str = "") -> Facts:
    """A referred client of Ada, closed long ago and still there, unless said otherwise."""
    row = {
        "client": key,
        "partner": of,
        "name": name or f"{key.title()} Inc.",
        "domain": f"{key}.example",
        "closed_on": closed,
        "canceled_on": canceled,
    }
    return (("clients", row),)


def invoice(key: str, of: str, issued: str, *lines: Values) -> Facts:
    """An invoice of a client with the lines that `line` makes, numbered from 1."""
    return tuple(
        ("invoices", {"invoice": key, "client": of, "issued_on": issued, "line": str(number), **values})
        for number, values in enumerate(lines, 1)
    )


def line(amount: str, category: str = "subscription", *, since: str = "", months: int = 1) -> Values:
    """A line of an invoice; a subscription says since which month and for how many."""
    service = {"service_from": since, "service_months": str(months)} if since else {}
    return {"category": category, "amount": amount, **service}


def payment(key: str, of: str, amount: str, on: str) -> Facts:
    """Money that came for an invoice."""
    return (("payments", {"payment": key, "invoice": of, "amount": amount, "received_on": on}),)


def monthly(of: str, month: str, amount: str, *, paid: str | None = "") -> Facts:
    """A month's subscription of a client, invoiced on the 1st and paid on the 10th.

    `paid` is another day, or None where it was not paid. The invoice is `acme-2026-01`, its payment
    `acme-2026-01-paid`.
    """
    key = f"{of}-{month}"
    facts = invoice(key, of, f"{month}-01", line(amount, since=month))
    return facts if paid is None else facts + payment(f"{key}-paid", key, amount, paid or f"{month}-10")


def refund(of: str, amount: str, on: str, *, key: str = "") -> Facts:
    """Money of a payment that went back to the client."""
    return _reversal("refund", of, amount, on, key)


def chargeback(of: str, amount: str, on: str, *, key: str = "") -> Facts:
    """Money of a payment that the client's bank took back."""
    return _reversal("chargeback", of, amount, on, key)


def won_back(of: str, amount: str, on: str, *, key: str = "") -> Facts:
    """Money that came again because a chargeback was won."""
    return _reversal("chargeback_won", of, amount, on, key)


def _reversal(kind: str, of: str, amount: str, on: str, key: str) -> Facts:
    row = {
        "reversal": key or f"{of}-{kind}-{on}",
        "payment": of,
        "kind": kind,
        "amount": amount,
        "occurred_on": on,
    }
    return (("reversals", row),)


ADA, BEN = partner("ada"), partner("ben")


# -- What happens -----------------------------------------------------------------------------------------


def program(*facts: Facts, at: datetime = AT) -> Recorded:
    """This function will record facts beside the two partners, Ada and Ben."""
    return record(ADA, BEN, *facts, at=at)


def record(
    *facts: Facts,
    at: datetime = AT,
    currency: str | None = None,
    dry_run: bool = False,
    by: User | None = None,
) -> Recorded:
    """This function will record facts in one go.

    :raises FactsRefused: something is wrong with them
    """
    return record_facts(tables=as_tables(*facts), source="test", by=by, at=at, currency=currency, dry_run=dry_run)


def as_tables(*facts: Facts) -> list[Table]:
    """The facts as tables with all columns, blank where a row does not say."""
    tables = []
    for kind, columns in KINDS.items():
        names = [column.name for column in columns]
        rows = [row for group in facts for of, row in group if of == kind]
        if rows:
            values = [[row.get(name, "") for name in names] for row in rows]
            tables.append(Table(kind, f"{kind}.csv", names, list(enumerate(values, FIRST_LINE))))
    return tables


def run(month: str, *, full: bool = False, by: User | None = None, at: datetime = AT) -> Run:
    """This function will compute a month's run."""
    return run_period(month=parse_month(month), by=by, clock=clock(at), full=full)


def close(month: str, *, by: User | None = None, at: datetime = AT) -> dict[str, str]:
    """This function will compute a month, close it, and say what was posted."""
    run(month, by=by, at=at)
    close_period(month=parse_month(month), by=by, at=at)
    return posted(month)


def close_months(first: str, last: str) -> None:
    """This function will compute and close months one after the other."""
    month = parse_month(first)
    while month <= parse_month(last):
        close(show_month(month))
        month = add_months(month, 1)


def clock(at: datetime) -> Callable[[], datetime]:
    """A clock that stands still."""
    return lambda: at


# -- What came of it --------------------------------------------------------------------------------------


def earned(month: str, *, full: bool = False) -> dict[str, str]:
    """This function will compute a month and say what it posts: `{"ada acme 2026-01": "200.00"}`."""
    run(month, full=full)
    return posted(month)


def posted(month: str) -> dict[str, str]:
    """What a month's run posted, by partner, client and service month."""
    return {row.key: row.amount for row in exported(month) if row.state == "posted"}


def waiting(month: str) -> dict[str, str]:
    """What a month's run holds back, by partner, client and service month."""
    return {row.key: row.amount for row in exported(month) if row.state == "waiting"}


def rates(month: str) -> dict[str, str]:
    """MRR and rate of what a month's run posted or holds back: `{"ada acme 2026-01": "1000.00 at 0.20"}`."""
    return {row.key: f"{row.mrr} at {row.rate}" for row in exported(month)}


class Exported:
    """A row of `export_commissions`."""

    def __init__(self, values: Iterable[str]) -> None:
        _, partner, client, month, self.mrr, self.rate, self.amount, self.state = values
        self.key = f"{partner} {client} {month}"


def exported(month: str) -> list[Exported]:
    """The rows that `export_commissions` gives of a month."""
    return [Exported(values) for values in export_rows(parse_month(month))]


def balance(of: str) -> Decimal:
    """What a partner's ledger sums up to."""
    return the_partner(of).ledger.all().balance()


def why(key: str, period: str) -> Explanation:
    """The explanation of one amount, by its key as in `posted`."""
    partner, client, month = key.split()
    return explain(
        Commission.objects.get(
            partner__reference=partner,
            client__reference=client,
            service_month=parse_month(month),
            period=parse_month(period),
        )
    )


def day(text: str) -> date:
    """A day as a file writes it."""
    return date.fromisoformat(text)


def all_rows() -> dict[str, list[str]]:
    """Every row of every table, to show that something changed nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = sorted(name for (name,) in cursor.fetchall())
        rows = {}
        for table in tables:
            cursor.execute(f'SELECT "row"::text FROM "{table}" AS "row" ORDER BY 1')
            rows[table] = [text for (text,) in cursor.fetchall()]
    return rows


# -- People -----------------------------------------------------------------------------------------------


def sam() -> User:
    """A sales rep."""
    return _person("sam", Role.SALES)


def pam() -> User:
    """A program manager."""
    return _person("pam", Role.PROGRAM_MANAGER)


def fay() -> User:
    """Finance: computes and closes months."""
    return _person("fay", Role.FINANCE)


def abe() -> User:
    """Finance: approves what others made."""
    return _person("abe", Role.FINANCE_APPROVER)


def another_abe() -> User:
    """A second person who may approve."""
    return _person("zoe", Role.FINANCE_APPROVER)


def owner_of(key: str) -> User:
    """The person who owns a partner's account."""
    user = _person(f"owner.of.{key}")
    Membership.objects.get_or_create(partner=the_partner(key), user=user, defaults={"role": MemberRole.OWNER})
    return user


def the_partner(key: str) -> Partner:
    """A partner by its key."""
    return Partner.objects.get(reference=key)


def _person(name: str, *roles: Role) -> User:
    email = f"{name}@people.example"
    user = User.objects.filter(email=email).first() or User.objects.create_user(email, name=name.title())
    if roles and not user.is_staff:
        user.is_staff = True
        user.save(update_fields=["is_staff"])
    user.groups.set(Group.objects.filter(name__in=roles))
    return user
