"""The clients of a partner: how each stands, what it brought, and why it stopped earning."""

import re
from html import unescape

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clients.models import Client as ReferredClient
from tests.cast import (
    Facts,
    chargeback,
    client,
    close,
    close_months,
    monthly,
    owner_of,
    partner,
    program,
    record,
    refund,
    won_back,
)  # fmt: skip

pytestmark = pytest.mark.django_db
METHODS = ("get", "head", "post", "put", "patch", "delete")


def signed_in(key: str = "ada") -> Client:
    browser = Client()
    browser.force_login(owner_of(key))
    return browser


def shown(url: str, key: str = "ada", on: str = "2026-03-15") -> str:
    with time_machine.travel(f"{on}T18:00:00Z", tick=False):
        answer = signed_in(key).get(url)
    assert answer.status_code == 200, url
    page = answer.content.decode()
    body = page[page.index("<main") : page.index("</main>")]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).replace("\N{NO-BREAK SPACE}", " ").split())


def page_of(key: str) -> str:
    return reverse("client", args=[ReferredClient.objects.get(reference=key).pk])


def queries(url: str) -> int:
    browser = signed_in()
    browser.get(url)
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(url).status_code == 200
    return len(captured)


def test_each_client_with_its_standing_and_its_money() -> None:
    program(
        client("acme"),
        client("gone", canceled="2026-02-10"),
        client("young", closed="2026-02-20"),
        *(monthly(key, month, "1000.00") for key in ("acme", "gone") for month in ("2026-01", "2026-02")),
        monthly("young", "2026-02", "500.00", paid="2026-02-25"),
    )
    close_months("2026-01", "2026-02")
    now = shown("/clients/")
    assert "Acme Inc. Active 1 Jun 2025 1,000.00 400.00" in now
    assert "Gone Inc. Cancelled on 10 Feb 2026 1 Jun 2025 1,000.00 400.00" in now
    assert "Young Inc. Waiting until 20 Mar 2026 20 Feb 2026 500.00 0.00 100.00 waiting" in now
    assert "Young Inc. Active" in shown("/clients/", on="2026-03-20")
    assert "Gone Inc." not in shown("/clients/?standing=active")


def test_clients_as_csv() -> None:
    program(client("acme", name="+1"), monthly("acme", "2026-01", "1000.00"))
    close("2026-01")
    rows = signed_in().get("/clients/?format=csv").getvalue().decode().splitlines()
    assert rows[1] == "'+1,active,2025-06-01,,1000.00,200.00"


def test_a_client_with_its_months_and_their_reasons() -> None:
    program(client("acme"), *(monthly("acme", month, "1000.00") for month in ("2026-01", "2026-02")))
    close_months("2026-01", "2026-02")
    page = signed_in().get(page_of("acme")).content.decode()
    assert page.count("data-beside") == 2
    assert "Commission to date 400.00" in shown(page_of("acme"))
    assert "None. All the money that this client paid stayed." in shown(page_of("acme"))


def test_what_waits_in_a_closed_month_is_not_shown_twice() -> None:
    program(client("young", closed="2026-01-20"), monthly("young", "2026-01", "1000.00", paid="2026-01-25"))
    close("2026-01")
    assert signed_in().get(page_of("young")).content.decode().count("data-beside") == 1
    close("2026-02")
    page = signed_in().get(page_of("young")).content.decode()
    assert page.count("data-beside") == 1
    assert "Posted" in page


def test_chargebacks_and_refunds_with_their_days() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    record(
        chargeback("acme-2026-01-paid", "300.00", "2026-02-03"),
        refund("acme-2026-01-paid", "50.00", "2026-02-04"),
        won_back("acme-2026-01-paid", "300.00", "2026-02-09"),
    )
    close("2026-01")
    now = shown(page_of("acme"))
    assert "3 Feb 2026 Chargeback acme-2026-01 −300.00" in now
    assert "4 Feb 2026 Refund acme-2026-01 −50.00" in now
    assert "9 Feb 2026 Chargeback won back acme-2026-01 300.00" in now


def test_why_it_stopped_earning() -> None:
    program(
        client("gone", canceled="2026-02-10"),
        client("owes"),
        client("young", closed="2026-02-20"),
        monthly("owes", "2026-01", "90.00", paid=None),
    )
    close("2026-01")
    assert "cancelled on 10 February 2026. Money for service up to February 2026 still earns" in shown(page_of("gone"))
    assert "Invoice owes-2026-01 of 1 January 2026: 90.00 is not paid so far." in shown(page_of("owes"))
    assert "waits until 20 March 2026" in shown(page_of("young"))


def test_when_the_partnership_has_ended() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    close("2026-01")
    record(partner("ada", ended="2026-02-28", ended_by="partner"))
    assert "The partnership ended on 28 February 2026." in shown(page_of("acme"))
    assert "Acme Inc. Partnership ended" in shown("/clients/")


def test_a_client_that_moved_keeps_its_past_and_shows_nothing_of_its_present() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    close("2026-01")
    record(refund("acme-2026-01-paid", "11.00", "2026-02-02"))
    record(client("acme", "ben"))
    record(
        client("acme", "ben", canceled="2026-03-01"),
        refund("acme-2026-01-paid", "77.00", "2026-02-20"),
        monthly("acme", "2026-02", "888.00", paid=None),
    )
    close("2026-02")
    assert "Acme Inc. With another partner" in shown("/clients/")
    now = shown(page_of("acme"))
    assert "belongs to another partner now" in now
    assert "−11.00" in now
    for words in ("77.00", "888", "1 Mar", "Ben"):
        assert words not in now
    assert "2026-03-01" not in signed_in().get("/clients/?format=csv").getvalue().decode()


def test_a_client_that_never_earned_here_is_not_there_after_its_move() -> None:
    program(client("acme"))
    record(client("acme", "ben"))
    assert signed_in().get(page_of("acme")).status_code == 404
    assert "Acme" not in shown("/clients/")
    assert "Acme" in shown("/clients/", "ben")


def test_another_partners_client_is_not_there() -> None:
    program(client("acme"), client("brim", "ben"), monthly("brim", "2026-01", "1000.00"))
    close("2026-01")
    for method in METHODS:
        assert getattr(signed_in(), method)(page_of("brim")).status_code in (404, 405), method
    assert "Brim" not in shown("/clients/")


def test_without_clients_it_says_how_one_comes() -> None:
    program()
    assert "A lead becomes your client once sales has won it." in shown("/clients/")


def test_it_costs_the_same_with_1_client_and_with_40() -> None:
    def facts(first: int, last: int) -> list[Facts]:
        keys = [f"c{number}" for number in range(first, last)]
        return [part for key in keys for part in (client(key), monthly(key, "2026-01", "100.00"))]

    program(*facts(0, 1))
    close("2026-01")
    few = [queries(url) for url in ("/clients/", page_of("c0"))]
    record(*facts(1, 40), *(monthly("c0", f"2026-{number:02}", "100.00") for number in range(2, 13)))
    record(*(refund("c0-2026-01-paid", "1.00", f"2026-02-{number:02}") for number in range(1, 21)))
    close_months("2026-02", "2026-12")
    assert [queries(url) for url in ("/clients/", page_of("c0"))] == few
