"""Payments as the CSV files that PayPal and Wise take; safe to open in a spreadsheet."""

from collections.abc import Iterable, Sequence
from datetime import date
from io import StringIO
from typing import Any

from defusedcsv import csv

from payouts.documents.payment import CannotBePaidSo, Payer, Payment, Written, in_ascii

# https://developer.paypal.com/docs/payouts/integrate/ui-integration/: no header; recipient, amount, currency,
# an identification of up to 30 signs without blanks, a note, the wallet.
PAYPAL_WALLET = "PAYPAL"
MOST_PAYPAL = 5000
# The template "Send to bank accounts"; a row without IBAN asks the recipient for the account by e-mail.
WISE_HEADER = (
    "name", "recipientEmail", "paymentReference", "receiverType", "amountCurrency", "amount", "sourceCurrency",
    "targetCurrency", "IBAN",
)  # fmt: skip
MOST_WISE = 1000
LONGEST_WISE_NOTE = 35
EURO = "EUR"


def write_paypal(payments: Iterable[Payment], payer: Payer, value_date: date, *, currency: str) -> Written:
    """:raises CannotBePaidSo: there are too many, or an address that a spreadsheet would take for a formula"""
    payments = _at_most(MOST_PAYPAL, payments, "PayPal")
    rows = [
        (_plain(each.details, each.holder), each.amount, currency, each.reference, in_ascii(each.note), PAYPAL_WALLET)
        for each in payments
    ]
    return _written(rows, payments)


def write_wise(payments: Iterable[Payment], payer: Payer, value_date: date, *, currency: str) -> Written:
    """What the company owes is in its currency; whoever has an IBAN gets what it is worth in euro.

    :raises CannotBePaidSo: there are too many, or an address that a spreadsheet would take for a formula
    """
    payments = _at_most(MOST_WISE, payments, "Wise")
    rows: list[Sequence[Any]] = [WISE_HEADER]
    for each in payments:
        by_email = "@" in each.details
        rows.append(
            (
                _plain(each.holder, each.holder),
                _plain(each.details if by_email else each.email, each.holder),
                each.reference[:LONGEST_WISE_NOTE],
                "PERSON" if each.is_person else "INSTITUTION",
                "source",
                each.amount,
                currency,
                currency if by_email else EURO,
                "" if by_email else each.details,
            )
        )
    return _written(rows, payments)


def _at_most(most: int, payments: Iterable[Payment], where: str) -> list[Payment]:
    found = list(payments)
    if len(found) > most:
        raise CannotBePaidSo(f"{where} takes {most:,} payments in a file; choose fewer, and make another file after it")
    return found


def _plain(text: str, of: str) -> str:
    """A text that must arrive as it is: what a spreadsheet would take for a formula is refused, not escaped."""
    if text[:1] in tuple("=+-@|%\t\r\n"):
        raise CannotBePaidSo(f"“{text[:1]}” begins what is known of {of}; spreadsheets take that for a formula")
    return text


def _written(rows: Iterable[Sequence[Any]], payments: list[Payment]) -> Written:
    text = StringIO()
    csv.writer(text).writerows(rows)
    return Written(text.getvalue(), {each.reference: each.reference for each in payments})
