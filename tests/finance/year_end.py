"""The company as the IRS knows it, and tax forms as partners fill them in."""

from affiliates.models.payee import TaxFormKind
from affiliates.services.set_payee import file_tax_form
from payouts.models import Filer, TaxFile, TaxFileLine
from payouts.services.note_tax_filing import note_tax_filing
from payouts.services.set_up_books import set_filer
from tests.cast import AT, day, fay, pam, the_partner

ANSWERS = {
    "classification": "individual",
    "number_kind": "ssn",
    "street": "12 Elm Street",
    "city": "Oakland, CA 94607",
}
NUMBER = "536-90-4399"


def enter_filer() -> Filer:
    filer = Filer(
        legal_name="Example Company Inc.", ein="12-3456789", street="1 Market Street", city="San Francisco", state="CA",
        zip_code="94105", phone="415-555-0100",
    )  # fmt: skip
    return set_filer(filer=filer, by=pam(), at=AT)


def file_form(key: str, kind: TaxFormKind = TaxFormKind.W9, *, name: str = "Ada Q. Lovelace", **answers: str) -> None:
    """This function will put a partner's tax form on file, in place of the one before."""
    file_tax_form(
        partner=the_partner(key), kind=kind, legal_name=name, number=NUMBER, signed_on=day("2026-01-05"), by=None,
        at=AT, answers=ANSWERS | answers,
    )  # fmt: skip


def taken_before(key: str, amount: str, *, year: int = 2026) -> TaxFile:
    """A file that named a partner and was filed."""
    file = TaxFile.objects.create(year=year, made_by=pam(), made_at=AT, sha256="0" * 64)
    TaxFileLine.objects.create(file=file, partner=the_partner(key), amount=amount)
    note_tax_filing(file=file, on=AT.date(), by=fay(), at=AT)
    return file
