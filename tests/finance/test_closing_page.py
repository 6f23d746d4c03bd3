"""Closing a month: it says what it will do, the total is read back, and what changed meanwhile stops it."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from affiliates.months import parse_month
from commissions.models import Period, Run
from payouts.models import Payout, Statement
from payouts.services.close_period import ShownOtherwise, close_period
from tests.cast import AT, abe, all_rows, client, close, day, fay, monthly, pam, program, record, run
from tests.conftest import Databases
from tests.finance.pages import page, send, signed_in, text_of
from tests.races.test_of_eight_one_wins import all_at_once, failures

MONTH = "2026-02"
MONEY = ("commissions_period", "commissions_ledgerentry", "payouts_payout", "payouts_statement", "notices_notice")


def computed() -> None:
    program(
        client("acme"), monthly("acme", "2026-01", "1000.00"), monthly("acme", MONTH, "6000.00"),
        client("bob", "ben"), monthly("bob", MONTH, "100.50"),
    )  # fmt: skip
    close("2026-01")
    run(MONTH)


def seen() -> str:
    return Run.objects.get(period=parse_month(MONTH)).mark


def money() -> dict[str, list[str]]:
    rows = all_rows()
    return {table: rows[table] for table in MONEY}


@pytest.mark.django_db
def test_it_says_what_it_will_do() -> None:
    computed()
    said = text_of(page(fay(), "staff_month_close", MONTH))
    assert "2 amounts of 1,820.10 in all become final and enter the ledger of 2 partners." in said
    # Ada's payout of January (200.00) still waits, so only what is new opens another.
    assert "2 payouts open over 1,820.10" in said
    assert "2 statements are written" in said


@pytest.mark.django_db
@pytest.mark.parametrize("total", ["1820.10", "1,820.10", " 1,820.1 "])
def test_the_total_read_back_closes_it(total: str) -> None:
    computed()
    said = text_of(send(fay(), "staff_month_close", MONTH, seen=seen(), total=total))
    assert "February 2026 is closed; 2 payouts are open now." in said
    closed = Period.objects.get(month=parse_month(MONTH))
    assert closed.closed_by == fay()
    assert sum(Payout.objects.filter(period=closed).values_list("amount", flat=True)) == Decimal("1820.10")
    assert Statement.objects.filter(period=closed).count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("total", ["1820.11", "1.820,10", "nothing", "", "-1820.10", "sNaN", "NaN", "Infinity"])
def test_another_total_closes_nothing(total: str) -> None:
    computed()
    before = money()
    answer = send(fay(), "staff_month_close", MONTH, seen=seen(), total=total)
    assert answer.status_code == 422
    assert money() == before


@pytest.mark.django_db
def test_a_run_that_was_computed_anew_meanwhile_is_looked_at_first() -> None:
    computed()
    shown = seen()
    run(MONTH, full=True, at=AT.replace(hour=13))  # The same totals, by another computing.
    before = money()
    said = text_of(send(fay(), "staff_month_close", MONTH, seen=shown, total="1820.10"))
    assert "2026-02 was computed anew since you looked: look at its totals again" in said
    assert money() == before
    with pytest.raises(ShownOtherwise):
        close_period(month=parse_month(MONTH), by=fay(), at=AT, seen=shown)


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_run_older_than_its_facts_goes_back_with_the_way_out(method: str) -> None:
    computed()
    record(monthly("bob", "2026-01", "10.00"))
    before = money()
    ask: Callable[..., Any] = partial(page, follow=True) if method == "get" else send
    said = text_of(ask(fay(), "staff_month_close", MONTH))
    assert "The run of 2026-02 is older than its facts; compute it again, look at it, then close it." in said
    assert money() == before


@pytest.mark.django_db
def test_a_month_that_is_not_its_turn_and_one_that_was_never_computed() -> None:
    computed()
    run("2026-03")
    later = text_of(page(fay(), "staff_month_close", "2026-03", follow=True))
    assert "2026-02 is open and comes before 2026-03; close it first" in later
    never = text_of(page(fay(), "staff_month_close", "2026-04", follow=True))
    assert "close it first" in never


@pytest.mark.django_db
def test_the_second_of_two_sees_who_closed_it() -> None:
    computed()
    mark = seen()
    send(fay(), "staff_month_close", MONTH, seen=mark, total="1820.10")
    before = money()
    said = text_of(send(abe(), "staff_month_close", MONTH, seen=mark, total="1820.10"))
    assert "February 2026 was closed already, on 1 Jan 2027, 04:00 by Fay." in said
    assert money() == before


@pytest.mark.django_db
def test_it_is_asked_again_who_it_is_and_others_may_not() -> None:
    computed()
    assert page(pam(), "staff_month_close", MONTH).status_code == 403
    signed_in(fay())  # She has a password by then, which is not asked for yet in another browser.
    browser = Client()
    browser.force_login(fay())
    with time_machine.travel(AT, tick=False):
        answer: Any = browser.get(reverse("staff_month_close", args=[MONTH]))
        sent: Any = browser.post(reverse("staff_month_close", args=[MONTH]), {"total": "1820.10", "seen": seen()})
    assert (answer.status_code, sent.status_code) == (302, 302)
    assert Period.objects.closed().count() == 1


def test_eight_close_what_they_saw_and_one_wins(real_db: Databases) -> None:
    program(client("acme"), monthly("acme", MONTH, "1000.00"))
    run(MONTH)
    by, mark = fay(), seen()
    outcomes = all_at_once(lambda: close_period(month=day("2026-02-01"), by=by, at=AT, seen=mark))
    assert len(failures(outcomes)) == 7
    assert Payout.objects.count() == 1
