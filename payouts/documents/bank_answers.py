"""What banks say of payments: a list in CSV, a NACHA file of returns, a SEPA status report (pain.002)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from io import StringIO
from xml.etree.ElementTree import Element, ParseError

from defusedcsv import csv
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

MOST_ANSWERS = 20_000
LONGEST_QUOTE = 40
COLUMNS = ("payout", "status", "date", "reason")
RECORD = 94
RETURNED, CHANGED = "99", "98"  # The types of a return's addenda: sent back, and paid with details to correct.
# Why a credit comes back, in words; other codes are shown as they are.
RETURN_CODES = {
    "R02": "Account closed",
    "R03": "No account, or it could not be found",
    "R04": "Account number is wrong in form",
    "R06": "Sent back because the company's bank asked",
    "R13": "Routing number is wrong",
    "R14": "Payee has died or cannot act",
    "R15": "Account holder has died",
    "R16": "Account frozen",
    "R17": "Data of the entry are wrong",
    "R20": "Not an account for payments",
    "R23": "Payee refused the payment",
    "R24": "Paid twice",
}
# ISO 20022's states of a transfer: what arrived, what was refused. The others say that it is under way.
SETTLED, REJECTED = {"ACSC", "ACCC"}, {"RJCT"}


class AnswerUnreadable(Exception):
    """The file says nothing that can be read; the message says where it stops."""


class Outcome(StrEnum):
    PAID = "paid"
    RETURNED = "returned"
    NOTED = "noted"  # Neither; something to read.


@dataclass(frozen=True, slots=True)
class Answer:
    """What a bank says of one payment, by its reference, or with `is_message` of a whole file by its message."""

    reference: str
    outcome: Outcome
    on: date | None = None
    code: str = ""
    reason: str = ""
    amount: Decimal | None = None
    is_message: bool = False


def read_answers(content: bytes) -> list[Answer]:
    """This function will read a bank's answer, whichever of the three it is.

    :raises AnswerUnreadable: it is none of them, or broken
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise AnswerUnreadable("The file is no text; send what the bank gave, as it is") from error
    if "\0" in text:
        raise AnswerUnreadable("The file is no text; send what the bank gave, as it is")
    if text.lstrip().startswith("<"):
        found = list(_from_pain_002(text))
    elif text.startswith("101"):
        found = list(_from_nacha(text.splitlines()))
    else:
        found = list(_from_csv(text))
    if not found:
        raise AnswerUnreadable("The file says nothing of any payment")
    if len(found) > MOST_ANSWERS:
        raise AnswerUnreadable(f"The file has more than {MOST_ANSWERS:,} answers; split it")
    return found


def _from_csv(text: str) -> Iterator[Answer]:
    reader = csv.DictReader(StringIO(text))
    try:
        missing = [name for name in COLUMNS[:3] if name not in (reader.fieldnames or ())]
        if missing:
            named = ", ".join(COLUMNS)
            raise AnswerUnreadable(f"The first line has to name the columns {named}; {missing[0]} is missing")
        for number, row in enumerate(reader, 2):
            status = (row["status"] or "").strip().lower()
            if status not in (Outcome.PAID, Outcome.RETURNED):
                raise AnswerUnreadable(f"Line {number}: the status is “paid” or “returned”, not “{_short(status)}”")
            yield Answer(
                reference=(row["payout"] or "").strip(),
                outcome=Outcome(status),
                on=_iso_day(row["date"] or "", f"Line {number}"),
                reason=(row.get("reason") or "").strip(),
            )
    except csv.Error as error:
        raise AnswerUnreadable(f"Line {reader.line_num + 1} is no line of a CSV file") from error


def _from_nacha(records: list[str]) -> Iterator[Answer]:
    """Each entry of a return is followed by an addenda record that names the original entry, and why."""
    on, amount = None, None
    for number, record in enumerate(records, 1):
        if record.strip("9 ") and len(record.rstrip("\r")) != RECORD:
            raise AnswerUnreadable(f"Line {number} has {len(record)} characters; a record of a NACHA file has {RECORD}")
        if record.startswith("101"):
            on = _nacha_day(record[23:29])
        elif record.startswith("6"):
            amount = _nacha_amount(record[29:39], number)
        elif record.startswith(f"7{RETURNED}"):
            code = record[3:6].strip()
            reason = RETURN_CODES.get(code, "Sent back")
            said = record[35:79].strip()
            reason = f"{reason} ({said})" if said else reason
            yield Answer(record[6:21], Outcome.RETURNED, on, code, reason, amount)
        elif record.startswith(f"7{CHANGED}"):
            said = f"Paid; the bank asks to correct the details: {record[35:64].strip()}"
            yield Answer(record[6:21], Outcome.NOTED, on, record[3:6].strip(), said)


def _from_pain_002(text: str) -> Iterator[Answer]:
    try:
        root = fromstring(text)
    except (ParseError, DefusedXmlException) as error:
        raise AnswerUnreadable("The file is no XML, or is broken") from error
    on = _moment_day(_said(root, "CreDtTm"))
    single = [_of_transfer(each, on) for each in root.iter() if _name(each) == "TxInfAndSts"]
    yield from single
    group = next((each for each in root.iter() if _name(each) == "OrgnlGrpInfAndSts"), None)
    # Each of our files is one payment information, so its state is the whole file's, and tells more than the group's.
    status = "" if group is None else _said(root, "PmtInfSts") or _said(group, "GrpSts")
    outcome = _outcome(status)
    if group is not None and not single and outcome != Outcome.NOTED:
        message = _said(group, "OrgnlMsgId")
        yield Answer(message, outcome, on, *_reason(root), is_message=True)


def _of_transfer(element: Element, on: date | None) -> Answer:
    status, (code, said) = _said(element, "TxSts"), _reason(element)
    told = said or {Outcome.RETURNED: "Refused by the bank"}.get(_outcome(status), "")
    outcome = _outcome(status)
    reason = f"Under way ({status})" if outcome == Outcome.NOTED else told
    return Answer(_said(element, "OrgnlEndToEndId"), outcome, on, code, reason)


def _reason(element: Element) -> tuple[str, str]:
    """The code and the words of why something stands as it does; a code of anything else is none of them."""
    why = next((each for each in element.iter() if _name(each) == "StsRsnInf"), None)
    return ("", "") if why is None else (_said(why, "Cd"), _said(why, "AddtlInf"))


def _outcome(status: str) -> Outcome:
    if status in SETTLED:
        return Outcome.PAID
    return Outcome.RETURNED if status in REJECTED else Outcome.NOTED


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _said(element: Element, name: str) -> str:
    """The text of the first element of a name inside another one."""
    found: Iterable[Element] = (each for each in element.iter() if _name(each) == name)
    return next(((each.text or "").strip() for each in found), "")


def _iso_day(text: str, where: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise AnswerUnreadable(f"{where}: “{_short(text)}” is no day; write it like 2026-03-31") from None


def _short(text: str) -> str:
    """What a message quotes of a cell."""
    return text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}…"


def _moment_day(text: str) -> date | None:
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        return None


def _nacha_day(text: str) -> date | None:
    try:
        return date(2000 + int(text[:2]), int(text[2:4]), int(text[4:6]))
    except ValueError:
        return None


def _nacha_amount(text: str, number: int) -> Decimal:
    if not (text.isascii() and text.isdecimal()):
        raise AnswerUnreadable(f"Line {number}: “{text}” is no amount")
    return Decimal(text).scaleb(-2)
