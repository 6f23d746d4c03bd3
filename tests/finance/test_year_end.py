"""Year end: who is filed by cash paid in the calendar year, what the IRS's file says, and what is to be corrected."""

import csv
import hashlib
import io
import zipfile
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry
from accounts.rights import NotPermitted
from affiliates.models.payee import PayoutMethodKind, TaxFormKind
from payouts.documents.iris import COLUMNS, CannotBeFiled, Form, Party, read_place, write_iris
from payouts.models import Payout, TaxFile
from payouts.services.approve_payout import approve_payout
from payouts.services.gather_tax_year import Standing, gather_tax_year, threshold_of
from payouts.services.note_tax_filing import note_tax_filing
from payouts.services.settle_payout import fail_payout, pay_payout
from payouts.services.write_tax_file import TaxFileRefused, write_tax_file
from tests.cast import AT, abe, day, fay, pam
from tests.finance.paying import payee, ready_payouts
from tests.finance.year_end import NUMBER, enter_filer, file_form, taken_before

pytestmark = pytest.mark.django_db

LARGE = "20000.00"  # 30 % of it is 6,000.00.


def paid(*keys: str, amount: str = LARGE, on: str = "2026-06-01", month: str = "2026-03") -> list[Payout]:
    """A payout of the month for each of these partners, paid on a day."""
    payouts = ready_payouts(*keys, month=month, amount=amount)
    return [
        pay_payout(payout=approve_payout(payout=each, by=abe(), at=AT), on=day(on), by=fay(), at=AT) for each in payouts
    ]


def standings(year: int = 2026) -> dict[str, tuple[Standing, str]]:
    return {total.partner.reference: (total.standing, str(total.box_1)) for total in gather_tax_year(year).totals}


def file_of(year: int = 2026) -> list[dict[str, str]]:
    download = write_tax_file(year=year, by=fay(), at=AT)
    return list(csv.DictReader(download.content.decode().splitlines()))


@pytest.mark.parametrize(("year", "amount"), [(2020, "600.00"), (2025, "600.00"), (2026, "2000.00"), (2027, "2000.00")])
def test_the_threshold_is_that_of_the_year(year: int, amount: str) -> None:
    assert str(threshold_of(year).amount) == amount


def test_there_is_no_1099_nec_before_2020() -> None:
    with pytest.raises(ValueError, match="no 1099-NEC before 2020"):
        threshold_of(2019)


@pytest.mark.parametrize(("amount", "standing"), [("9999.95", Standing.BELOW), ("10000.00", Standing.FILED)])
def test_a_form_is_filed_from_the_threshold_on(amount: str, standing: Standing) -> None:
    # 20 % of 9,999.95 is 1,999.99: the MRR of 5,000.00 and more would take 30 %, so two partners' halves are not used.
    payout = ready_payouts("ada", amount="4000.00")[0]
    file_form("ada")
    pay_payout(payout=approve_payout(payout=payout, by=abe(), at=AT), on=day("2026-06-01"), by=fay(), at=AT)
    Payout.objects.update(amount=Decimal(amount) / 5, payable=Decimal(amount) / 5)
    assert standings()["ada"][0] == standing


def test_cash_counts_in_the_calendar_year_of_its_day() -> None:
    first = paid("ada", on="2026-12-31")[0]
    file_form("ada")
    assert standings(2026) == {"ada": (Standing.FILED, "6000.00")}
    assert standings(2027) == standings(2025) == {}
    Payout.objects.filter(pk=first.pk).update(paid_on=day("2027-01-01"))
    assert standings(2026) == {}
    assert standings(2027) == {"ada": (Standing.FILED, "6000.00")}


def test_what_came_back_does_not_count_and_corrects_what_was_told() -> None:
    payout = paid("ada")[0]
    file_form("ada")
    enter_filer()
    assert file_of()[0]["Box 1 - Nonemployee Compensation"] == "6000.00"
    note_tax_filing(file=TaxFile.objects.get(), on=AT.date(), by=fay(), at=AT)
    assert gather_tax_year(2026).to_correct == []
    fail_payout(payout=payout, on=day("2027-02-03"), reason="Account closed", by=fay(), at=AT)
    (total,) = gather_tax_year(2026).to_correct
    assert (total.partner.reference, str(total.filed_before), str(total.box_1)) == ("ada", "6000.00", "0.00")
    browser = Client()
    browser.force_login(fay())
    shown = browser.get(reverse("staff_tax_year", args=[2026])).content.decode()
    assert "To be corrected" in shown
    assert "6,000.00 → 0.00" in shown


def test_each_partner_stands_where_its_tax_form_puts_it() -> None:
    paid("ada", "ben", "cy", "dora", "eve")
    file_form("ada")
    file_form("ben", classification="s_corporation", number_kind="ein")
    file_form("cy", TaxFormKind.W8BENE)
    file_form("dora", city="Somewhere")
    file_form("eve", exempt_payee_code="4")
    assert {key: standing for key, (standing, _) in standings().items()} == {
        "ada": Standing.FILED,
        "ben": Standing.EXEMPT,
        "cy": Standing.ABROAD,
        "dora": Standing.TO_MEND,
        "eve": Standing.EXEMPT,
    }


def test_who_has_no_tax_form_is_listed() -> None:
    (payout,) = paid("ada")
    payout.partner.tax_forms.all().delete()
    assert standings() == {"ada": (Standing.NO_FORM, "6000.00")}


def test_what_went_through_paypal_is_paypals_to_report() -> None:
    payout = ready_payouts("ada", amount=LARGE)[0]
    file_form("ada")
    pay_payout(payout=approve_payout(payout=payout, by=abe(), at=AT), on=day("2026-06-01"), by=fay(), at=AT)
    payout.partner.payout_methods.all().delete()
    payee("ada", PayoutMethodKind.PAYPAL)
    (total,) = gather_tax_year(2026).totals
    assert (str(total.paid), str(total.elsewhere), str(total.box_1)) == ("6000.00", "6000.00", "0.00")
    assert total.standing == Standing.ELSEWHERE


def test_the_irs_is_told_who_was_paid_what() -> None:
    paid("ada", "ben")
    file_form("ada")
    file_form("ben", name="Benson & Daughters, LLC", classification="llc_p", number_kind="ein", business_name="B&D")
    enter_filer()
    ada, ben = sorted(file_of(), key=lambda row: row["Form Account Number"])
    assert tuple(ada) == COLUMNS
    assert (ada["Form Type"], ada["Tax Year"]) == ("1099-NEC", "2026")
    assert (ada["Payer TIN Type"], ada["Payer Taxpayer ID Number"]) == ("EIN", "123456789")
    assert ada["Payer Business or Entity Name Line 1"] == "Example Company Inc"
    assert (ada["Payer State/Province/Territory"], ada["Payer Phone"]) == ("CA", "4155550100")
    assert (ada["Recipient TIN Type"], ada["Recipient Taxpayer ID Number"]) == ("SSN", NUMBER.replace("-", ""))
    assert (ada["Recipient Name Type"], ada["Recipient First Name"], ada["Recipient Middle Name"]) == ("I", "Ada", "Q")
    assert ada["Recipient Last Name (Surname)"] == "Lovelace"
    assert (ada["Recipient City/Town"], ada["Recipient ZIP/Postal Code"]) == ("Oakland", "94607")
    assert ada["Box 1 - Nonemployee Compensation"] == "6000.00"
    assert (ben["Recipient TIN Type"], ben["Recipient Name Type"]) == ("EIN", "B")
    assert ben["Recipient Business or Entity Name Line 1"] == "Benson & Daughters LLC"
    assert ben["Recipient Business or Entity Name Line 2"] == "B&D"


def test_the_template_has_the_54_columns_of_the_portal() -> None:
    assert len(COLUMNS) == len(set(COLUMNS)) == 54
    assert COLUMNS[:5] == (
        "Form Type", "Tax Year", "Payer TIN Type", "Payer Taxpayer ID Number", "Payer Name Type",
    )  # fmt: skip
    assert COLUMNS[35:38] == ("Office Code", "Form Account Number", "2nd TIN Notice")


def test_more_than_a_hundred_forms_are_several_files() -> None:
    party = Party("EIN", "123456789", "=cmd|x Oak Ltd", "", False, "1 Oak Street", "Oakland", "CA", "94607")
    files = write_iris(
        2026, party, "4155550100", "a@b.example", (Form(party, str(n), Decimal(2000)) for n in range(205))
    )
    read = [list(csv.DictReader(io.StringIO(content))) for content in files]
    assert [len(rows) for rows in read] == [100, 100, 5]
    assert [row["Form Account Number"] for rows in read for row in rows] == [str(number) for number in range(205)]
    assert read[0][0]["Recipient Business or Entity Name Line 1"] == "cmdx Oak Ltd"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Oakland, CA 94607", ("Oakland", "CA", "94607")),
        ("San  Francisco CA 94105-1234", ("San Francisco", "CA", "94105-1234")),
        ("St. Louis, mo, 63101", ("St. Louis", "MO", "63101")),
    ],
)
def test_the_place_of_a_w9_is_read(text: str, place: tuple[str, str, str]) -> None:
    assert read_place(text) == place


@pytest.mark.parametrize("text", ["", "Oakland", "Oakland California 94607", "CA 94607"])
def test_a_place_without_state_or_zip_is_to_be_mended(text: str) -> None:
    with pytest.raises(CannotBeFiled, match="city, a state like CA and a ZIP"):
        read_place(text)


def test_a_file_needs_the_company_and_somebody_to_be_filed() -> None:
    paid("ada")
    file_form("ada")
    with pytest.raises(TaxFileRefused, match="EIN"):
        write_tax_file(year=2026, by=fay(), at=AT)
    enter_filer()
    with pytest.raises(TaxFileRefused, match="Nobody"):
        write_tax_file(year=2025, by=fay(), at=AT)
    with pytest.raises(NotPermitted):
        write_tax_file(year=2026, by=pam(), at=AT)
    assert not TaxFile.objects.exists()


def test_the_download_asks_who_it_is_and_is_written_down() -> None:
    paid("ada")
    file_form("ada")
    enter_filer()
    by = fay()
    by.set_password("a long and odd one")
    by.save()
    url = reverse("staff_tax_year_file", args=[2026])
    browser = Client()
    browser.force_login(by)
    assert browser.post(url).status_code == 302
    assert browser.get(url).headers["Location"].startswith("/accounts/reauthenticate/")
    assert not TaxFile.objects.exists()
    assert not AuditEntry.objects.filter(action="1099-NEC file taken").exists()
    browser.post(f"/accounts/reauthenticate/?next={url}", {"password": "a long and odd one"})
    answer = browser.post(url)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="1099-NEC-2026.csv"'
    assert NUMBER.replace("-", "") in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    file = TaxFile.objects.get()
    assert (file.made_by, file.sha256) == (by, hashlib.sha256(answer.content).hexdigest())
    entry = AuditEntry.objects.get(action="1099-NEC file taken")
    assert (entry.by, entry.subject, entry.details["forms"]) == (by, "tax year 2026", 1)
    assert NUMBER.replace("-", "") not in str(entry.details)


def test_the_page_and_its_csv_show_no_taxpayers_number() -> None:
    paid("ada")
    file_form("ada")
    taken_before("ada", "700.00")
    browser = Client()
    browser.force_login(abe())
    page = browser.get(reverse("staff_tax_year", args=[2026])).content.decode()
    told = b"".join(browser.get(reverse("staff_tax_year", args=[2026]), {"format": "csv"})).decode()
    assert "••4399" in page
    assert "700.00 → 6,000.00" in page
    assert "ada,Ada Partners,6000.00,0.00,6000.00,W-9,••4399,1099-NEC,,700.00" in told
    for shown in (page, told):
        assert NUMBER not in shown
        assert NUMBER.replace("-", "") not in shown


@pytest.mark.parametrize("year", [1, 2019, 2999])
def test_years_without_forms_are_not_there(year: int) -> None:
    browser = Client()
    browser.force_login(fay())
    assert browser.get(reverse("staff_tax_year", args=[year])).status_code == 404


def test_the_company_is_entered_by_managers_with_an_ein_that_can_be() -> None:
    browser = Client()
    browser.force_login(pam())
    form = {
        "legal_name": "Example Company Inc.", "ein": "00-0000000", "street": "1 Market", "city": "San Francisco",
        "state": "CA", "zip_code": "94105", "phone": "415-555-0100",
    }  # fmt: skip
    assert browser.post(reverse("staff_filer"), form).status_code == 422
    assert browser.post(reverse("staff_filer"), form | {"ein": "123456789"}).status_code == 302
    assert 'value="12-3456789"' in browser.get(reverse("staff_filer")).content.decode()
    assert AuditEntry.objects.filter(action="filer of tax forms set", by=pam()).exists()
    browser.force_login(fay())
    assert browser.post(reverse("staff_filer"), form).status_code == 403


def test_a_zip_of_several_files_is_the_same_bytes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payouts.documents.iris.MOST_FORMS", 1)
    paid("ada", "ben")
    file_form("ada")
    file_form("ben", name="Ben Stone")
    enter_filer()
    first, second = (write_tax_file(year=2026, by=fay(), at=AT) for _ in range(2))
    assert first.content == second.content
    assert zipfile.ZipFile(io.BytesIO(first.content)).namelist() == [
        "1099-NEC-2026-1-of-2.csv",
        "1099-NEC-2026-2-of-2.csv",
    ]
