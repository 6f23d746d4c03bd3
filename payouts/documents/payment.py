"""What a payment file is made of, whatever its format: who pays, and to whom how much goes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from text_unidecode import unidecode


class CannotBePaidSo(Exception):
    """A payment does not fit its file's format; the message says whose, and why."""


@dataclass(frozen=True, slots=True)
class Payer:
    """The company's account: `details` is `routing account` for ACH, an IBAN for SEPA."""

    holder: str
    details: str
    bank: str = ""
    company_id: str = ""
    bic: str = ""


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment; `details` is the account as the partner's payout method has it.

    `is_person` says whether the account is a person's and not a company's, `key` is the partner's.
    """

    reference: str
    key: str
    holder: str
    details: str
    amount: Decimal
    note: str
    email: str = ""
    is_person: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """A file's content; `references` names each payment as the bank will, by the reference that it had."""

    content: str
    references: dict[str, str]
    message_id: str = ""


def cents(amount: Decimal) -> int:
    """An exact amount in cents."""
    return int(amount.scaleb(2))


def in_ascii(text: str) -> str:
    """A text as the formats of banks can carry it: every letter by its nearest in ASCII, on one line."""
    return " ".join(str(unidecode(text)).split())


Writer = Callable[[list[Payment], Payer, date], Written]
