"""ACH credits as a NACHA file: fixed records of 94 characters, balanced batches, totals that a bank adds up again.

Field by field as the NACHA Operating Rules give them (Appendix Three, ACH Record Format Specifications). Companies
are paid by CCD entries, persons by PPD entries, each kind in a batch of its own with one debit of the company's
account over the batch's sum. The library that was looked at (achkit) shortens an account number that is too long
without a word, so it is only the tests' second opinion.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from affiliates.models.payee import SAVINGS
from payouts.documents.payment import CannotBePaidSo, Payer, Payment, Written, cents, in_ascii

RECORD = 94
BLOCK = 10
MIXED = "200"  # The service class of a batch with debits and credits, as a balanced one has.
CREDIT, DEBIT = "22", "27"  # Of checking accounts.
SAVINGS_CREDIT = "32"
COMPANY, PERSON = "CCD", "PPD"
DESCRIPTION = "COMMISSION"  # What the payee's bank prints beside the amount: ten characters.
MODIFIERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"  # Tell the files of a day apart.
MOST_CENTS = 10**10 - 1
MOST_TRACES = 10**7
HASH = 10**10  # An entry hash keeps its last ten digits.
WEIGHTS = (3, 7, 1, 3, 7, 1, 3, 7, 1)


@dataclass(frozen=True, slots=True)
class Account:
    """A bank account in the United States: a checking account, or one of savings."""

    routing: str
    number: str
    is_savings: bool = False


@dataclass(frozen=True, slots=True)
class Totals:
    """What the control records of a batch say; a file's are the sums."""

    entries: int
    hash: int
    debit: int
    credit: int


def read_account(details: str, of: str) -> Account:
    """This function will read `routing account`, or `savings routing account`.

    :raises CannotBePaidSo: it is no account that an ACH file can name
    """
    routing, _, number = details.removeprefix(SAVINGS).partition(" ")
    if not is_routing(routing) or not (number.isascii() and number.isalnum() and 1 <= len(number) <= 17):
        raise CannotBePaidSo(
            f"The account of {of} is no routing number with an account number; it has to be entered again"
        )
    return Account(routing, number, is_savings=details.startswith(SAVINGS))


def is_routing(routing: str) -> bool:
    """Whether nine digits fit the check digit of a routing number."""
    if not (routing.isascii() and routing.isdecimal() and len(routing) == 9):
        return False
    return sum(weight * int(digit) for weight, digit in zip(WEIGHTS, routing, strict=True)) % 10 == 0


def write_nacha(
    payments: Iterable[Payment], payer: Payer, value_date: date, *, made_at: datetime, modifier: str, first: int
) -> Written:
    """This function will write the file; `first` is the number of its first trace, `made_at` local time.

    The references in its answer are the trace numbers, by which a return names its entry.

    :raises CannotBePaidSo: an account or an amount does not fit into an entry
    """
    own = read_account(payer.details, "the company")
    payments = list(payments)
    records = [_file_header(payer, own, made_at, modifier)]
    totals: list[Totals] = []
    references: dict[str, str] = {}
    for kind, is_person in ((PERSON, True), (COMPANY, False)):
        batch = [payment for payment in payments if payment.is_person == is_person]
        if not batch:
            continue
        number = len(totals) + 1
        entries, total, traces = _entries(batch, payer, own, first)
        first += len(entries)
        records += [
            _batch_header(payer, own, kind, value_date, number),
            *entries,
            _batch_control(payer, own, total, number),
        ]
        totals.append(total)
        references |= traces
    blocks = -(-(len(records) + 1) // BLOCK)
    records.append(_file_control(totals, blocks))
    records += ["9" * RECORD] * (blocks * BLOCK - len(records))
    return Written("".join(f"{record}\n" for record in records), references)


def _entries(batch: list[Payment], payer: Payer, own: Account, first: int) -> tuple[list[str], Totals, dict[str, str]]:
    """The entries of a batch with the debit that balances it, their totals, and the trace of each payment."""
    records, routings, references = [], [], {}
    for place, payment in enumerate(batch, first):
        account = read_account(payment.details, payment.holder)
        trace = _trace(own, place)
        references[payment.reference] = trace
        routings.append(account.routing)
        code = SAVINGS_CREDIT if account.is_savings else CREDIT
        records.append(_entry(code, account, payment.amount, payment.reference, payment.holder, trace))
    total = sum((payment.amount for payment in batch), Decimal(0))
    routings.append(own.routing)
    records.append(_entry(DEBIT, own, total, payer.company_id, payer.holder, _trace(own, first + len(batch))))
    entry_hash = sum(int(routing[:8]) for routing in routings) % HASH
    return records, Totals(len(records), entry_hash, cents(total), cents(total)), references


def _trace(own: Account, number: int) -> str:
    return own.routing[:8] + _number(number % MOST_TRACES, 7)


def _file_header(payer: Payer, own: Account, made_at: datetime, modifier: str) -> str:
    return _record(
        "1",  # Record type
        "01",  # Priority
        own.routing.rjust(10),  # Immediate destination
        payer.company_id.rjust(10),  # Immediate origin
        f"{made_at:%y%m%d}",  # File creation date
        f"{made_at:%H%M}",  # File creation time
        modifier,  # File ID modifier
        "094",  # Record size
        "10",  # Blocking factor
        "1",  # Format
        _text(payer.bank, 23),  # Immediate destination name
        _text(payer.holder, 23),  # Immediate origin name
        _text("", 8),  # Reference
    )


def _batch_header(payer: Payer, own: Account, kind: str, value_date: date, number: int) -> str:
    return _record(
        "5",  # Record type
        MIXED,  # Service class
        _text(payer.holder, 16),  # Company name
        _text("", 20),  # Company discretionary data
        _text(payer.company_id, 10),  # Company identification
        kind,  # Standard entry class
        DESCRIPTION,  # Company entry description
        f"{value_date:%y%m%d}",  # Company descriptive date
        f"{value_date:%y%m%d}",  # Effective entry date
        _text("", 3),  # Settlement date, which the operator fills in
        "1",  # Originator status: a bank
        own.routing[:8],  # Originating bank
        _number(number, 7),  # Batch number
    )


def _entry(code: str, account: Account, amount: Decimal, own_id: str, name: str, trace: str) -> str:
    if cents(amount) > MOST_CENTS:
        raise CannotBePaidSo(f"{amount:,} for {name} is more than an ACH entry can carry; make more than one file")
    return _record(
        "6",  # Record type
        code,  # Transaction code
        account.routing[:8],  # Receiving bank
        account.routing[8],  # Check digit
        _text(account.number, 17),  # Account number
        _number(cents(amount), 10),  # Amount
        _text(own_id, 15),  # Identification number
        _text(name, 22),  # Receiver's name
        _text("", 2),  # Discretionary data
        "0",  # Addenda: none
        trace,  # Trace number
    )


def _batch_control(payer: Payer, own: Account, total: Totals, number: int) -> str:
    return _record(
        "8",  # Record type
        MIXED,  # Service class
        _number(total.entries, 6),  # Entries
        _number(total.hash, 10),  # Entry hash
        _number(total.debit, 12),  # Debits
        _number(total.credit, 12),  # Credits
        _text(payer.company_id, 10),  # Company identification
        _text("", 19),  # Message authentication code
        _text("", 6),  # Reserved
        own.routing[:8],  # Originating bank
        _number(number, 7),  # Batch number
    )


def _file_control(totals: list[Totals], blocks: int) -> str:
    return _record(
        "9",  # Record type
        _number(len(totals), 6),  # Batches
        _number(blocks, 6),  # Blocks
        _number(sum(total.entries for total in totals), 8),  # Entries
        _number(sum(total.hash for total in totals) % HASH, 10),  # Entry hash
        _number(sum(total.debit for total in totals), 12),  # Debits
        _number(sum(total.credit for total in totals), 12),  # Credits
        _text("", 39),  # Reserved
    )


def _record(*fields: str) -> str:
    record = "".join(fields)
    if len(record) != RECORD:
        raise ValueError(f"A record of {len(record)} characters: {record}")
    return record


def _text(text: str, width: int) -> str:
    """A field of letters and digits: to the left, filled up with blanks, shortened where it is too long."""
    return in_ascii(text).upper()[:width].ljust(width)


def _number(number: int, width: int) -> str:
    digits = str(number).rjust(width, "0")
    if len(digits) > width:
        raise CannotBePaidSo(f"{number:,} is more than the file has room for; make more than one")
    return digits
