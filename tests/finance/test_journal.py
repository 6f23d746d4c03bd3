"""The journal balances, says what the ledger says, and stays as it is once its month is closed."""

import csv
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry
from accounts.rights import NotPermitted
from affiliates.models import Partner
from commissions.services.adjust_balance import approve_adjustment, enter_adjustment
from payouts.books.journal import COLUMNS, journal_rows, sums_of
from payouts.models import Account, AccountCode
from payouts.services.approve_payout import approve_payout
from payouts.services.set_up_books import set_account_codes
from payouts.services.settle_payout import fail_payout, pay_payout
from tests.cast import AT, abe, client, close_months, day, fay, monthly, pam, program, refund, the_partner
from tests.payouts.finance import ready_payout

pytestmark = pytest.mark.django_db

OTHERS = {account: (f"9{number}00", f"Other {number}") for number, account in enumerate(Account)}


def rows(month: str) -> list[dict[str, object]]:
    return [dict(zip(COLUMNS, row, strict=True)) for row in journal_rows(day(f"{month}-01"), currency="USD")]


def told(month: str) -> list[str]:
    """Each line as `date code debit credit`."""
    return [f"{row['date']} {row['account code']} {row['debit'] or '-'} {row['credit'] or '-'}" for row in rows(month)]


def exported(browser: Client, month: str) -> str:
    answer = browser.get(reverse("staff_journal_csv", args=[month]))
    assert answer.status_code == 200
    return b"".join(answer).decode()


def test_commissions_of_a_closed_month_are_an_expense_and_payable() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    close_months("2026-01", "2026-01")
    assert told("2026-01") == ["2026-01-31 6100 200.00 -", "2026-01-31 2100 - 200.00"]
    first = rows("2026-01")[0]
    assert (first["partner"], first["currency"], first["memo"]) == ("ada", "USD", "Commissions of 2026-01")
    assert str(first["reference"]).startswith("commission:2026-01:")


def test_a_month_that_takes_back_more_than_it_earns_is_the_other_way_round() -> None:
    program(
        client("acme"), monthly("acme", "2026-01", "1000.00"), refund("acme-2026-01-paid", "1000.00", "2026-02-20"),
    )  # fmt: skip
    close_months("2026-01", "2026-02")
    assert told("2026-02") == ["2026-02-28 2100 200.00 -", "2026-02-28 6100 - 200.00"]


def test_adjustments_payouts_and_returned_payouts_go_to_their_accounts() -> None:
    payout = approve_payout(payout=ready_payout(), by=abe(), at=AT)
    payout = pay_payout(payout=payout, on=day("2027-01-04"), by=fay(), at=AT)
    fail_payout(payout=payout, on=day("2027-01-08"), reason="Closed", by=fay(), at=AT + timedelta(days=7))
    for amount, on in (("5.00", "2027-01-09"), ("-3.00", "2027-01-10")):
        found = enter_adjustment(partner=the_partner("ada"), amount=Decimal(amount), reason="…", by=fay(), at=AT)
        approve_adjustment(adjustment=found, by=abe(), at=AT, on=day(on))
    assert told("2027-01") == [
        "2027-01-04 2100 200.00 -", "2027-01-04 1000 - 200.00",
        "2027-01-08 1000 200.00 -", "2027-01-08 2100 - 200.00",
        "2027-01-09 6110 5.00 -", "2027-01-09 2100 - 5.00",
        "2027-01-10 2100 3.00 -", "2027-01-10 6110 - 3.00",
    ]  # fmt: skip
    sums = {each.code.code: (str(each.debit), str(each.credit)) for each in sums_of(day("2027-01-01"))}
    assert sums == {
        "1000": ("200.00", "200.00"), "2100": ("203.00", "205.00"), "6100": ("0.00", "0.00"), "6110": ("5.00", "3.00"),
    }  # fmt: skip


def test_debits_are_credits_in_every_entry_and_every_month() -> None:
    payout = approve_payout(payout=ready_payout(), by=abe(), at=AT)
    pay_payout(payout=payout, on=day("2027-01-04"), by=fay(), at=AT)
    for month in ("2026-03", "2027-01"):
        lines = rows(month)
        assert len(lines) == 2
        debits = sum((Decimal(str(line["debit"] or 0)) for line in lines), Decimal(0))
        credits_ = sum((Decimal(str(line["credit"] or 0)) for line in lines), Decimal(0))
        assert debits == credits_ > 0


def test_a_closed_months_file_is_the_same_whenever_it_is_taken() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    close_months("2026-01", "2026-01")
    browser = Client()
    browser.force_login(fay())
    before = exported(browser, "2026-01")
    found = enter_adjustment(partner=the_partner("ada"), amount=Decimal("9.00"), reason="Late", by=fay(), at=AT)
    approve_adjustment(adjustment=found, by=abe(), at=AT, on=day("2026-01-15"))
    set_account_codes(codes=OTHERS, by=pam(), at=AT)
    Partner.objects.filter(reference="ada").update(name="Ada & Sons")
    assert exported(browser, "2026-01") == before
    assert [line["account code"] for line in csv.DictReader(before.splitlines())] == ["6100", "2100"]
    # What came after the close stands in the month after it, on the new codes.
    assert told("2026-02") == ["2026-02-01 9100 9.00 -", "2026-02-01 9200 - 9.00"]


def test_a_memo_that_a_spreadsheet_would_compute_is_made_harmless() -> None:
    program(client("acme"))
    found = enter_adjustment(partner=the_partner("ada"), amount=Decimal("9.00"), reason="=1+1", by=fay(), at=AT)
    approve_adjustment(adjustment=found, by=abe(), at=AT, on=day("2026-01-15"))
    browser = Client()
    browser.force_login(fay())
    assert ",'=1+1" in exported(browser, "2026-01")


def test_codes_are_given_by_managers_from_the_first_open_month_on_and_audited() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    close_months("2026-01", "2026-01")
    with pytest.raises(NotPermitted):
        set_account_codes(codes=OTHERS, by=fay(), at=AT)
    assert AccountCode.objects.count() == len(Account)
    browser = Client()
    browser.force_login(pam())
    form = {
        f"{account}_{part}": text
        for account, both in OTHERS.items()
        for part, text in zip(("code", "name"), both, strict=True)
    }
    assert browser.post(reverse("staff_account_codes"), form | {"bank_code": "9000"}).status_code == 422
    assert browser.post(reverse("staff_account_codes"), form | {"bank_code": ""}).status_code == 422
    assert AccountCode.objects.count() == len(Account)
    for _ in range(2):  # The same codes again are not written again.
        assert browser.post(reverse("staff_account_codes"), form).status_code == 302
    assert AccountCode.objects.count() == 2 * len(Account)
    assert {str(code) for code in AccountCode.objects.of(day("2026-01-01")).values()} & {"9000 Other 0"} == set()
    assert str(AccountCode.objects.of(day("2026-02-01"))[Account.EXPENSE]) == "9000 Other 0"
    assert AuditEntry.objects.filter(action="account code given", by=pam()).count() == len(Account)
    assert "9000" in browser.get(reverse("staff_account_codes")).content.decode()


def test_the_page_shows_the_last_closed_month_and_leads_to_others() -> None:
    ready_payout()
    browser = Client()
    browser.force_login(abe())
    shown = browser.get(reverse("staff_journal")).content.decode()
    assert "Journal of March 2026" in shown
    assert "6100 Partner commissions" in shown
    assert "200.00" in shown
    assert reverse("staff_journal_of", args=["2026-02"]) in shown
    assert "Nothing entered the ledger" in browser.get(reverse("staff_journal_of", args=["2026-02"])).content.decode()
    assert browser.get(reverse("staff_journal_of", args=["feb"])).status_code == 404
    browser.force_login(pam())
    assert browser.get(reverse("staff_journal")).status_code == 403
    assert browser.get(reverse("staff_journal_csv", args=["2026-03"])).status_code == 403
