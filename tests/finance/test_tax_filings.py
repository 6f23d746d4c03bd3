"""A download of 1099 forms is no filing: what the IRS was told is what somebody noted as filed."""

from datetime import timedelta

import pytest

from accounts.models import AuditEntry
from accounts.rights import NotPermitted
from payouts.models import TaxFile, TaxFiling
from payouts.services.gather_tax_year import gather_tax_year
from payouts.services.note_tax_filing import TaxFilingRefused, note_tax_filing
from payouts.services.settle_payout import fail_payout
from payouts.services.write_tax_file import TaxFileRefused, write_tax_file
from tests.cast import AT, day, fay, sam
from tests.finance.pages import page, send, text_of
from tests.finance.test_year_end import file_of, paid
from tests.finance.year_end import enter_filer, file_form

pytestmark = pytest.mark.django_db


def corrections() -> list[tuple[str, str, str]]:
    found = gather_tax_year(2026).to_correct
    return [(total.partner.reference, str(total.filed_before), str(total.box_1)) for total in found]


def noted(file: TaxFile, on: str = "2027-01-01") -> TaxFiling:
    return note_tax_filing(file=file, on=day(on), by=fay(), at=AT)


def test_a_file_that_was_only_taken_corrects_nothing() -> None:
    payout = paid("ada")[0]
    file_form("ada")
    enter_filer()
    file_of()
    fail_payout(payout=payout, on=day("2027-02-03"), reason="Account closed", by=fay(), at=AT)
    assert corrections() == []
    noted(TaxFile.objects.get())
    assert corrections() == [("ada", "6000.00", "0.00")]


def test_a_second_download_does_not_become_what_the_irs_was_told() -> None:
    payout = paid("ada", "ben")[0]
    file_form("ada")
    enter_filer()
    file_of()
    noted(TaxFile.objects.get())
    file_form("ben")
    fail_payout(payout=payout, on=day("2027-02-03"), reason="Account closed", by=fay(), at=AT)
    assert [row["Form Account Number"] for row in file_of()] == ["ben"]
    assert corrections() == [("ada", "6000.00", "0.00")]


def test_of_whom_the_irs_was_told_is_not_filed_a_second_time() -> None:
    paid("ada")
    file_form("ada")
    enter_filer()
    file_of()
    assert len(file_of()) == 1  # Nothing was filed so far.
    noted(TaxFile.objects.latest("pk"))
    with pytest.raises(TaxFileRefused, match="was filed; correct the others by hand"):
        write_tax_file(year=2026, by=fay(), at=AT)
    assert "Everybody who is to be filed was filed." in text_of(page(fay(), "staff_tax_year", 2026))


def test_it_is_noted_once_on_its_page_and_audited() -> None:
    paid("ada")
    file_form("ada")
    enter_filer()
    file_of()
    file = TaxFile.objects.get()
    assert "Note as filed" in text_of(page(fay(), "staff_tax_year", 2026))
    assert send(sam(), "staff_tax_file_filed", file.pk, on="2027-01-01").status_code == 403
    for _ in range(2):
        said = text_of(send(fay(), "staff_tax_file_filed", file.pk, on="2027-01-01"))
        assert "Filed on 1 January 2027" in said
    assert TaxFiling.objects.get().noted_by == fay()
    assert AuditEntry.objects.filter(action="1099-NEC file filed", subject="tax year 2026").count() == 1


@pytest.mark.parametrize(
    ("on", "said"), [("2027-01-02", "future"), ("2026-12-31", "once the year is over"), ("x", "like 2026")]
)
def test_a_day_that_cannot_be_is_refused(on: str, said: str) -> None:
    file = TaxFile.objects.create(year=2026, made_by=fay(), made_at=AT, sha256="0" * 64)
    assert said in text_of(send(fay(), "staff_tax_file_filed", file.pk, on=on))
    assert not TaxFiling.objects.exists()


def test_the_service_refuses_what_the_page_refuses() -> None:
    file = TaxFile.objects.create(year=2026, made_by=fay(), made_at=AT, sha256="0" * 64)
    later = TaxFile.objects.create(year=2025, made_by=fay(), made_at=AT, sha256="1" * 64)
    with pytest.raises(TaxFilingRefused, match="was taken on 1 January 2027, after 31 December 2026"):
        noted(later, "2026-12-31")
    with pytest.raises(TaxFilingRefused, match="still to come"):
        noted(file, f"{(AT + timedelta(days=1)).date()}")
    with pytest.raises(NotPermitted):
        note_tax_filing(file=file, on=AT.date(), by=sam(), at=AT)
