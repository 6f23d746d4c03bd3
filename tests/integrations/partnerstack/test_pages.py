"""The report's pages: what came, what has no place, and why each month differs."""

import csv
from io import StringIO

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEntry
from clients.models.category import Category
from clients.services.map_category import map_category
from integrations.partnerstack.models import Difference, Unplaced
from integrations.partnerstack.standing import standing
from tests.cast import AT, fay, pam, sam
from tests.integrations.partnerstack.brought import bring
from tests.integrations.partnerstack.standin import Rows, customer, partnership, reward, row, transaction

pytestmark = pytest.mark.django_db


def signed_in() -> Client:
    browser = Client()
    browser.force_login(pam())
    return browser


def text(name: str, *args: object, **asked: str) -> str:
    answer = signed_in().get(reverse(name, args=args), asked)
    assert answer.status_code == 200
    return answer.getvalue().decode()


def a_program(months: int = 1, **more: list[dict[str, object]]) -> None:
    rows: Rows = {"groups": [row("grup_1", "2025-01-01", name="Gold")], "partnerships": [partnership()]}
    rows["customers"], rows["transactions"], rows["rewards"] = [customer()], [], []
    for number in range(1, months + 1):
        day = f"{2025 + number // 12}-{number % 12 + 1:02}-05"
        rows["transactions"].append(transaction(str(number), day, 600_000))
        rows["rewards"].append(reward(str(number), day, 120_000, str(number)))
    bring(rows | more, at=AT)


def test_before_the_first_import_the_page_says_how_to_begin() -> None:
    said = text("staff_partnerstack")
    assert "Nothing was imported yet" in said
    assert "Run manage.py import_partnerstack" in said
    assert standing(at=AT).says == "Nothing was imported yet."
    assert not standing(at=AT).is_on


def test_the_report_shows_both_sums_and_each_month() -> None:
    a_program(2)
    said = text("staff_partnerstack")
    for figure in ("2,400.00", "3,600.00", "−1,200.00", "Another rate", "Ada Referrals"):
        assert figure in said
    assert "1 row without a place here" in said
    assert standing(at=AT).waiting == 0  # A group waits for nobody.


def test_a_month_opens_to_its_arithmetic() -> None:
    a_program()
    said = text("staff_partnerstack_difference", Difference.objects.get().pk)
    assert "and 30 % of 6,000.00 is 1,800.00" in said
    assert "−600.00" in said


def test_the_file_has_a_column_for_each_reason_and_they_add_up() -> None:
    a_program(3, rewards=[reward("f", "2025-02-05", 1_234, description='=HYPERLINK("x")')])
    rows = list(csv.reader(StringIO(text("staff_partnerstack", format="csv"))))
    assert rows[0][:3] == ["Month", "Partner", "Paid there"]
    for each in rows[1:]:
        there, here, difference = float(each[2]), float(each[4]), float(each[6])
        assert round(there - here, 2) == difference == round(sum(map(float, each[7:-1])), 2)
    assert len(rows) == 4


def test_rows_without_a_place_are_listed_with_their_reason_and_as_they_came() -> None:
    a_program(transactions=[transaction("1", "2025-03-05", 100, currency="EUR", note="<b>bold</b>")])
    assert "Its money is in EUR, the program’s in USD" in text("staff_partnerstack_unplaced")
    found = Unplaced.objects.get(kind="transactions")
    said = text("staff_partnerstack_row", found.pk)
    assert "&quot;currency&quot;: &quot;EUR&quot;" in said
    assert "<b>bold" not in said
    rows = list(csv.reader(StringIO(text("staff_partnerstack_unplaced", format="csv"))))
    assert [each[:2] for each in rows[1:]] == [["groups", "grup_1"], ["transactions", "tran_1"]]


def test_compared_again_it_knows_what_was_decided_meanwhile() -> None:
    a_program(transactions=[transaction("1", "2025-02-05", 600_000, product="Gold")])
    assert Difference.objects.get().here == 0
    map_category(word="Gold", category=Category.SUBSCRIPTION, by=fay(), at=AT)
    answer = signed_in().post(reverse("staff_partnerstack_compare"), follow=True)
    assert "1 month of partners compared anew" in answer.content.decode()
    assert str(Difference.objects.get().here) == "1800.00"


def test_months_are_searched_and_filtered() -> None:
    a_program(2)
    assert "Ada Referrals" in text("staff_partnerstack", who="ada", show="less")
    assert "Nothing fits" in text("staff_partnerstack", show="more")
    assert "Nothing fits" in text("staff_partnerstack", who="nobody")


def test_sales_does_not_see_it_nor_compare() -> None:
    a_program()
    browser = Client()
    browser.force_login(sam())
    before = AuditEntry.objects.count(), Difference.objects.get().pk
    assert browser.get(reverse("staff_partnerstack")).status_code == 403
    assert browser.post(reverse("staff_partnerstack_compare")).status_code == 403
    assert before == (AuditEntry.objects.count(), Difference.objects.get().pk)


def test_a_list_takes_the_same_queries_however_long_it_is() -> None:

    counts = []
    for months in (1, 20):
        a_program(months)
        browser = signed_in()
        with CaptureQueriesContext(connection) as queries:
            browser.get(reverse("staff_partnerstack"))
        counts.append(len(queries))
    assert counts[0] == counts[1]
