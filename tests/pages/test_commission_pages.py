"""Commissions by month and by client, the lines of a month, and the reason of each amount."""

import csv
import io
import re
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from affiliates.months import parse_month
from commissions.models import Commission
from tests.cast import (
    Facts,
    chargeback,
    client,
    close,
    close_months,
    invoice,
    line,
    monthly,
    owner_of,
    payment,
    program,
    record,
    run,
)  # fmt: skip

pytestmark = pytest.mark.django_db
METHODS = ("get", "head", "post", "put", "patch", "delete")


def signed_in(key: str = "ada") -> Client:
    browser = Client()
    browser.force_login(owner_of(key))
    return browser


def text(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).replace("\N{NO-BREAK SPACE}", " ").split())


def shown(url: str, key: str = "ada") -> str:
    answer = signed_in(key).get(url)
    assert answer.status_code == 200, url
    page = answer.content.decode()
    return text(page[page.index("<main") : page.index("</main>")])


def why_url(key: str, period: str) -> str:
    of, service = key.split()
    row = Commission.objects.get(
        client__reference=of, service_month=parse_month(service), period=parse_month(period), partner__reference="ada"
    )
    return reverse("commission_why", args=[row.pk])


def queries(url: str) -> int:
    browser = signed_in()
    browser.get(url)
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(url).status_code == 200
    return len(captured)


def test_months_with_their_sums() -> None:
    program(
        client("acme"),
        client("bolt", closed="2026-01-20"),
        *(monthly("acme", month, "2000.00") for month in ("2026-01", "2026-02")),
        monthly("bolt", "2026-01", "3000.00", paid="2026-01-25"),
    )
    close("2026-01")
    run("2026-02")
    now = shown("/commissions/")
    assert "February 2026 1,300.00 2,000.00 20 % Open" in now  # 400 of acme, and bolt's 900 that waited
    assert "January 2026 600.00 900.00 5,000.00 30 % Closed" in now
    assert now.index("February 2026") < now.index("January 2026")


def test_months_as_csv() -> None:
    program(client("acme"), monthly("acme", "2026-01", "2000.00"))
    close("2026-01")
    answer = signed_in().get("/commissions/?format=csv")
    assert list(csv.reader(io.StringIO(answer.getvalue().decode())))[1][:4] == ["2026-01", "400.00", "0.00", "2000.00"]


def test_months_before_the_partner_joined_are_left_out() -> None:
    program(client("acme"), monthly("acme", "2026-01", "2000.00"))
    close("2026-01")
    late: Facts = (("partners", {"partner": "late", "name": "Late", "kind": "affiliate", "email": "l@x.example",
                                 "joined_on": "2026-02-01"}),)  # fmt: skip
    record(late)
    assert "No commissions yet" in shown("/commissions/", "late")


def test_a_months_lines_open_their_reasons() -> None:
    program(client("acme"), client("bolt"), *(monthly(key, "2026-01", "2000.00") for key in ("acme", "bolt")))
    close("2026-01")
    page = signed_in().get("/commissions/months/2026-01/").content.decode()
    assert f'href="{why_url("acme 2026-01", "2026-01")}" class="reason" data-beside' in page
    assert "Posted 800.00" in text(page)
    found = text(signed_in().get("/commissions/months/2026-01/?client=olt").content.decode())
    assert "Bolt Inc." in found
    assert "Acme Inc." not in found
    assert "Nothing fits" in text(signed_in().get("/commissions/months/2026-01/?state=waiting").content.decode())


def test_a_months_csv_is_no_formula() -> None:
    program(client("acme", name="=SUM(A1)"), monthly("acme", "2026-01", "2000.00"))
    close("2026-01")
    answer = signed_in().get("/commissions/months/2026-01/?format=csv")
    rows = list(csv.reader(io.StringIO(answer.getvalue().decode())))
    assert rows[1] == ["2026-01", "'=SUM(A1)", "2026-01", "2000.00", "0.2000", "400.00", "posted", ""]


@pytest.mark.parametrize("month", ["2026-13", "2026-1", "nonsense", "2026-05"])
def test_a_month_that_is_not_there(month: str) -> None:
    program(client("acme"), monthly("acme", "2026-01", "2000.00"))
    close("2026-01")
    assert signed_in().get(f"/commissions/months/{month}/").status_code == 404


def test_why_says_the_money_the_rate_and_what_the_run_added() -> None:
    program(
        client("acme"),
        client("bolt"),
        invoice("mixed", "acme", "2026-01-02", line("3000.00", since="2026-01"), line("40.00", "toll_free")),
        payment("mixed-paid", "mixed", "3040.00", "2026-01-09"),
        monthly("bolt", "2026-01", "2000.00", paid="2026-02-20"),
    )
    close("2026-01")
    close("2026-02")
    first = shown(why_url("acme 2026-01", "2026-01"))
    assert "Acme Inc. paid 3,000.00 of subscription money that counts for January 2026." in first
    assert "earns 20 % of the whole month (Appendix B, commission schedule)." in first
    assert "Nothing was posted for it before, so January 2026 adds all 600.00." in first
    assert "Invoice mixed, line 2 Toll-free minutes is not subscription revenue. 40.00" in first
    later = shown(why_url("acme 2026-01", "2026-02"))
    # 30 % of 3,000 is 900, of which 600 was posted.
    assert (
        "Earlier months posted 600.00 for it already. 900.00 less 600.00 is 300.00, so February 2026 adds 300.00"
        in later
    )
    assert "Posted in January 2026 600.00 Settled in February 2026 300.00" in later


def test_why_a_run_took_something_back() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    close("2026-01")
    record(chargeback("acme-2026-01-paid", "1000.00", "2026-02-03"))
    close("2026-02")
    told = shown(why_url("acme 2026-01", "2026-02"))
    assert "February 2026 takes back 200.00." in told
    assert "3 Feb 2026: chargeback of 1,000.00 out of the invoice's 1,000.00." in told


def test_why_it_waits_and_why_it_does_not_count() -> None:
    program(
        client("acme", closed="2026-01-20"),
        client("gone"),
        monthly("acme", "2026-01", "1000.00", paid="2026-01-25"),
        *(monthly("gone", month, "100.00") for month in ("2026-01", "2026-02")),
    )
    close("2026-01")
    waits = shown(why_url("acme 2026-01", "2026-01"))
    assert "nothing is posted before 20 February 2026 (Appendix B, 1-month waiting period after close)." in waits
    close("2026-02")
    record(client("gone", canceled="2026-01-15"))
    close("2026-03")
    left = shown(why_url("gone 2026-02", "2026-03"))
    assert "Does not count: the client cancelled on 2026-01-15 (Appendix B, cancellations)." in left


def test_the_panel_gets_the_reason_alone() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    close("2026-01")
    answer = signed_in().get(why_url("acme 2026-01", "2026-01"), headers={"HX-Request": "true"})
    page = answer.content.decode()
    assert "<main" not in page
    assert "30 %" in text(page)
    assert "HX-Request" in answer.headers["Vary"]


def test_an_open_months_line_cannot_be_disputed_yet() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    run("2026-01")
    told = shown(why_url("acme 2026-01", "2026-01"))
    assert "Once it is closed, a line can be disputed here" in told
    assert "Dispute this line" not in told


def test_another_partners_reason_is_not_there() -> None:
    program(client("acme"), client("brim", "ben"), monthly("acme", "2026-01", "1.00"))
    record(monthly("brim", "2026-01", "1000.00"))
    close("2026-01")
    row = Commission.objects.get(partner__reference="ben")
    for url in (reverse("commission_why", args=[row.pk]), reverse("commission_dispute", args=[row.pk])):
        for method in METHODS:
            assert getattr(signed_in(), method)(url).status_code in (404, 405), (method, url)
    assert "Brim" not in shown("/commissions/months/2026-01/")
    assert "Brim" not in shown("/commissions/by-client/")


def test_a_client_that_moved_says_nothing_of_where_it_went() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    close("2026-01")
    record(client("acme", "ben"), monthly("acme", "2026-02", "777.00"))
    close("2026-02")
    told = shown(why_url("acme 2026-01", "2026-02"))
    assert "February 2026 takes back 200.00." in told
    assert "Ben" not in told
    assert "777" not in told


def test_by_client_adds_up_what_each_earned() -> None:
    program(client("acme"), *(monthly("acme", month, "1000.00") for month in ("2026-01", "2026-02")))
    close_months("2026-01", "2026-02")
    assert "Acme Inc. 200.00 400.00" in shown("/commissions/by-client/")
    answer = signed_in().get("/commissions/by-client/?format=csv")
    assert answer.getvalue().decode().splitlines()[1] == "Acme Inc.,200.00,0.00,400.00"


def test_strangers_sign_in_first() -> None:
    for url in ("/commissions/", "/commissions/by-client/", "/commissions/months/2026-01/"):
        assert Client().get(url).headers["Location"].startswith("/accounts/login/")
    browser = Client()
    browser.force_login(User.objects.create_user("nobody@people.example", name="Nobody"))
    assert browser.get("/commissions/").status_code == 403


def test_lists_cost_the_same_with_1_row_and_with_40() -> None:
    def facts(first: int, last: int) -> list[Facts]:
        keys = [f"c{number}" for number in range(first, last)]
        return [part for key in keys for part in (client(key), monthly(key, "2026-01", "100.00"))]

    program(*facts(0, 1))
    close("2026-01")
    lists = ["/commissions/", "/commissions/by-client/", "/commissions/months/2026-01/"]
    urls = [*lists, why_url("c0 2026-01", "2026-01")]
    few = [queries(url) for url in urls]
    record(*facts(1, 40), *(monthly("c0", f"2026-{number:02}", "100.00") for number in range(2, 13)))
    close_months("2026-02", "2026-12")
    many = [queries(url.replace("months/2026-01", "months/2026-02")) for url in urls]
    assert Commission.objects.filter(period=parse_month("2026-02")).count() == 40  # One of its own, 39 late
    assert many == few
