from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit
from affiliates.models import Program
from parts.formats import day
from payouts.models import TaxFile, TaxFiling


class TaxFilingRefused(Exception):
    """The file cannot have been filed on that day; the message says why."""


@needs(Right.EXPORT_BOOKS)
def note_tax_filing(*, file: TaxFile, on: date, by: User | None, at: datetime) -> TaxFiling:
    """This function will note that a file of 1099-NEC forms reached the IRS on a day; once is enough.

    :raises TaxFilingRefused: the day lies ahead, in the file's own year, or before the file was taken
    """
    program = Program.current()
    if on > program.day(at):
        raise TaxFilingRefused(f"{day(on)} is still to come")
    if on.year <= file.year:
        raise TaxFilingRefused(f"The forms of {file.year} are filed once the year is over")
    if on < program.day(file.made_at):
        raise TaxFilingRefused(f"The file was taken on {day(program.day(file.made_at))}, after {day(on)}")
    with transaction.atomic():
        filing, is_new = TaxFiling.objects.get_or_create(
            file=file, defaults={"filed_on": on, "noted_by": by, "noted_at": at}
        )
        if is_new:
            subject = f"tax year {file.year}"
            write_audit(by=by, at=at, action="1099-NEC file filed", subject=subject, on=on, sha256=file.sha256)
    return filing
