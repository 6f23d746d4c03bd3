"""Payment files pay on days on which the system that moves their money works."""

import pytest
from django.utils.html import escape

from payouts.documents.banking_days import closed_because, first_banking_day, holidays_from
from payouts.models import FileFormat, PaymentFile
from payouts.services.make_payment_file import FileRefused, make_payment_file
from tests.cast import AT, day, fay
from tests.finance.pages import page, text_of
from tests.finance.paying import approved_payouts, own_account

F = FileFormat
# https://www.frbservices.org/about/holiday-schedules, and the long-term calendar of TARGET (ECB, 14 December 2000).
CLOSED = [
    (F.NACHA, "2026-06-19", "Juneteenth National Independence Day"),
    (F.NACHA, "2026-11-26", "Thanksgiving Day"),
    (F.NACHA, "2027-01-18", "Martin Luther King Jr. Day"),
    (F.NACHA, "2027-07-05", "Independence Day"),  # The 4th is a Sunday: kept on the Monday.
    (F.NACHA, "2027-01-02", "a Saturday"),
    (F.SEPA, "2027-01-01", "New Year's Day"),
    (F.SEPA, "2027-03-26", "Good Friday"),
    (F.SEPA, "2027-03-29", "Easter Monday"),
    (F.SEPA, "2026-05-01", "Labour Day"),
    (F.SEPA, "2028-12-26", "Christmas Holiday"),
    (F.SEPA, "2027-01-03", "a Sunday"),
    (F.WISE, "2027-01-03", "a Sunday"),
]
OPEN = [
    (F.NACHA, "2026-07-03"),  # The 4th is a Saturday, which the Federal Reserve keeps on no other day.
    (F.NACHA, "2027-12-24"),
    (F.NACHA, "2027-12-31"),
    (F.NACHA, "2027-03-26"),
    (F.SEPA, "2027-07-05"),
    (F.SEPA, "2026-11-26"),
    (F.SEPA, "2027-05-03"),
    (F.WISE, "2027-01-01"),
]


@pytest.mark.parametrize(("file_format", "on", "because"), CLOSED)
def test_no_money_moves_on_weekends_and_the_systems_holidays(file_format: F, on: str, because: str) -> None:
    assert closed_because(file_format, day(on)) == because


@pytest.mark.parametrize(("file_format", "on"), OPEN)
def test_on_other_days_it_does(file_format: F, on: str) -> None:
    assert closed_because(file_format, day(on)) == ""
    assert first_banking_day(file_format, day(on)) == day(on)


def test_the_next_day_is_looked_for_over_a_long_weekend() -> None:
    assert first_banking_day(F.SEPA, day("2027-03-26")) == day("2027-03-30")
    assert first_banking_day(F.NACHA, day("2027-01-16")) == day("2027-01-19")


def test_the_years_eleven_holidays_of_the_federal_reserve() -> None:
    assert len(list(holidays_from(F.NACHA, day("2029-01-01"), day("2029-12-31")))) == 11


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("on", "match"),
    [
        ("2027-01-18", "is Martin Luther King Jr. Day: the Federal Reserve .* The next day is 19 January 2027"),
        ("2027-01-02", "is a Saturday"),
        ("2026-12-31", "is over"),
        ("2062-01-04", "lies more than 60 days ahead; is it a slip"),
    ],
)
def test_no_file_pays_on_another_day(on: str, match: str) -> None:
    own_account()
    (payout,) = approved_payouts("ada")
    with pytest.raises(FileRefused, match=match):
        make_payment_file(file_format=F.NACHA, payouts=[payout.pk], value_date=day(on), by=fay(), at=AT)
    assert not PaymentFile.objects.exists()


@pytest.mark.django_db
def test_the_page_says_so_before_the_file_is_made() -> None:
    own_account()
    approved_payouts("ada")
    shown = page(fay(), "staff_payment_file_new", "nacha")
    assert 'value="2027-01-04"' in shown.content.decode()  # The day after is a Saturday.
    said = text_of(shown)
    assert "A day from Monday to Friday on which the Federal Reserve works." in said
    assert "18 January 2027 (Martin Luther King Jr. Day), 15 February 2027 (Washington's Birthday)" in said
    assert escape("Washington's Birthday") in shown.content.decode()
