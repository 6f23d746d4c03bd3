"""The ledger as double entries of a month, for the company's own books.

Each entry of the ledger is two lines of the same amount, so debits and credits are equal however they are added up.
The entries of a closed month do not change, nor do its account codes: its journal is the same whenever it is taken.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Case, QuerySet, Sum, Value, When

from affiliates.money import ZERO
from affiliates.months import last_day
from commissions.models import EntryKind, LedgerEntry
from payouts.models import Account, AccountCode

COLUMNS = (
    "date", "account code", "account name", "debit", "credit", "currency", "partner", "reference", "memo",
)  # fmt: skip
# What stands against the commissions payable: of an amount that is added to the balance, this is the debit.
AGAINST = {
    EntryKind.COMMISSION: Account.EXPENSE,
    EntryKind.ADJUSTMENT: Account.ADJUSTMENTS,
    EntryKind.PAYOUT: Account.BANK,
    EntryKind.PAYOUT_RETURNED: Account.BANK,
}


@dataclass(frozen=True, slots=True)
class Line:
    """One side of an entry; of debit and credit one is 0."""

    entry: LedgerEntry
    account: Account
    debit: Decimal
    credit: Decimal


@dataclass(frozen=True, slots=True)
class AccountSum:
    """What a month's lines come to on an account."""

    code: AccountCode
    debit: Decimal
    credit: Decimal


def entries_of(month: date) -> "QuerySet[LedgerEntry]":
    """The entries that a month's journal is made of."""
    return LedgerEntry.objects.filter(dated_on__range=(month, last_day(month))).select_related("partner")


def lines_of(entry: LedgerEntry) -> tuple[Line, Line]:
    """Both sides of an entry, the debit first."""
    against, amount = AGAINST[EntryKind(entry.kind)], abs(entry.amount)
    debit, credit = (against, Account.PAYABLE) if entry.amount > 0 else (Account.PAYABLE, against)
    return Line(entry, debit, amount, ZERO), Line(entry, credit, ZERO, amount)


def journal_rows(month: date, *, currency: str) -> Iterator[tuple[object, ...]]:
    """Yield a month's lines in the order of `COLUMNS`, as they were entered day by day."""
    codes = AccountCode.objects.of(month)
    for entry in entries_of(month).order_by("dated_on", "id").iterator():
        for line in lines_of(entry):
            code = codes[line.account]
            yield (
                entry.dated_on.isoformat(), code.code, code.name, line.debit or "", line.credit or "", currency,
                entry.partner.reference, entry.key, entry.text,
            )  # fmt: skip


def sums_of(month: date) -> list[AccountSum]:
    """What a month's journal comes to by account, in the order of the codes."""
    is_added = Case(When(amount__gt=0, then=Value(True)), default=Value(False))
    found = entries_of(month).order_by().values("kind", is_added=is_added).annotate(sum=Sum("amount"))
    summed = (LedgerEntry(kind=row["kind"], amount=row["sum"]) for row in found)
    return list(_by_account(month, (line for entry in summed for line in lines_of(entry))))


def _by_account(month: date, lines: Iterable[Line]) -> Iterator[AccountSum]:
    sums = dict.fromkeys(Account, (ZERO, ZERO))
    for line in lines:
        debit, credit = sums[line.account]
        sums[line.account] = debit + line.debit, credit + line.credit
    codes = AccountCode.objects.of(month)
    for account in sorted(sums, key=lambda each: codes[each].code):
        yield AccountSum(codes[account], *sums[account])
