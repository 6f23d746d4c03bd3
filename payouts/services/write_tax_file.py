import hashlib
import io
import zipfile
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from accounts.sealed import DetailsUnreadable
from accounts.services.write_audit import write_audit
from affiliates.models import Program
from payouts.documents.iris import CannotBeFiled, Party, write_iris
from payouts.models import Filer, TaxFile, TaxFileLine
from payouts.services.gather_tax_year import form_of, gather_tax_year

LONG_AGO = (1980, 1, 1, 0, 0, 0)  # The earliest that a ZIP can say: the same forms give the same bytes.


class TaxFileRefused(Exception):
    """There is no file to be written; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Download:
    name: str
    content: bytes
    content_type: str


@needs(Right.EXPORT_BOOKS)
def write_tax_file(*, year: int, by: User | None, at: datetime) -> Download:
    """This function will write a year's 1099-NEC forms for the IRS, with every taxpayer's number, and note that it did.

    Of whom a file was filed before is left out: what changed of them is corrected by hand. More forms than the
    portal takes at once come as several files in a ZIP. Nothing of the content is kept but what it said of whom.

    :raises TaxFileRefused: the company's own details are missing, nobody is to be filed, or a W-9 cannot be read
    """
    with transaction.atomic():
        Program.objects.select_for_update().get(pk=1)  # One after the other.
        filer, gathered = Filer.current(), gather_tax_year(year)
        if filer is None:
            raise TaxFileRefused("The company’s own name, EIN and address for the IRS are missing; enter them first")
        if not gathered.filed:
            raise TaxFileRefused(f"Nobody is to be filed for {year}")
        if not gathered.to_take:
            raise TaxFileRefused(f"Everybody who is to be filed for {year} was filed; correct the others by hand")
        forms = []
        for total in gathered.to_take:
            try:
                forms.append(form_of(total))
            except (CannotBeFiled, DetailsUnreadable) as refused:
                raise TaxFileRefused(f"{total.partner}: {refused}; ask for a new W-9") from refused
        files = write_iris(year, _payer(filer), filer.phone, Program.current().company_email, forms)
        download = _pack(year, files)
        made = TaxFile.objects.create(
            year=year, made_by=by, made_at=at, sha256=hashlib.sha256(download.content).hexdigest()
        )
        TaxFileLine.objects.bulk_create(
            TaxFileLine(file=made, partner=total.partner, amount=total.box_1) for total in gathered.to_take
        )
        write_audit(
            by=by, at=at, action="1099-NEC file taken", subject=f"tax year {year}", forms=len(forms),
            sha256=made.sha256,
        )  # fmt: skip
    return download


def _payer(filer: Filer) -> Party:
    return Party(
        number_type="EIN",
        number=filer.ein,
        name=filer.legal_name,
        line_2="",
        is_person=False,
        street=filer.street,
        city=filer.city,
        state=filer.state,
        zip_code=filer.zip_code,
    )


def _pack(year: int, files: list[str]) -> Download:
    name = f"1099-NEC-{year}"
    if len(files) == 1:
        return Download(f"{name}.csv", files[0].encode(), "text/csv; charset=utf-8")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, content in enumerate(files, 1):
            archive.writestr(zipfile.ZipInfo(f"{name}-{number}-of-{len(files)}.csv", LONG_AGO), content)
    return Download(f"{name}.zip", packed.getvalue(), "application/zip")
