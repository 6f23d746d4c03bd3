"""Credit transfers as a SEPA file: pain.001.001.09 by sepaxml, which holds each file against the schema."""

from collections.abc import Iterable
from datetime import date

from schwifty import IBAN
from schwifty.exceptions import SchwiftyException
from sepaxml import SepaTransfer
from sepaxml.validation import ValidationError

from payouts.documents.payment import CannotBePaidSo, Payer, Payment, Written, cents, in_ascii

SCHEMA = "pain.001.001.09"
CURRENCY = "EUR"
LONGEST_NAME = 70
LONGEST_NOTE = 140


def write_sepa(payments: Iterable[Payment], payer: Payer, value_date: date) -> Written:
    """This function will write the file; its answer names each payment by the end-to-end reference.

    :raises CannotBePaidSo: an account is no IBAN, or something does not fit the schema
    """
    payments = list(payments)
    config = {"name": payer.holder, "IBAN": _iban(payer.details, "the company"), "batch": True, "currency": CURRENCY}
    transfer = SepaTransfer(config | ({"BIC": payer.bic} if payer.bic else {}), schema=SCHEMA, clean=True)
    for payment in payments:
        transfer.add_payment(
            {
                "name": in_ascii(payment.holder)[:LONGEST_NAME],
                "IBAN": _iban(payment.details, payment.holder),
                "amount": cents(payment.amount),
                "execution_date": value_date,
                "description": in_ascii(payment.note)[:LONGEST_NOTE],
                "endtoend_id": payment.reference,
            }
        )
    try:
        content: bytes = transfer.export(validate=True)
    except ValidationError as error:
        raise CannotBePaidSo("The file does not fit the schema of SEPA; look at the names of the payees") from error
    return Written(content.decode(), {each.reference: each.reference for each in payments}, str(transfer.msg_id))


def _iban(details: str, of: str) -> str:
    try:
        return str(IBAN(details, validate_bban=True).compact)
    except SchwiftyException:
        raise CannotBePaidSo(f"The account of {of} is no IBAN; it has to be entered again") from None
