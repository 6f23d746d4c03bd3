"""Reading what is in Stripe already: in pages, resumed where it stopped, and the same facts as by events."""

import io
import itertools
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from integrations.stripe.models import BackfillList, EventToWork, StripeEvent, StripeObject
from integrations.stripe.services.backfill import LISTS, CannotRead, Reader, backfill
from tests.integrations.stripe.published import (
    Object,
    customer,
    dispute,
    event,
    invoice,
    invoice_payment,
    line,
    listed,
    refund,
)
from tests.integrations.stripe.stand_in import KEY, Api, stand_in
from tests.integrations.stripe.telling import NOW, facts, findings, paid_in_full, payments, referred, tell, work

pytestmark = pytest.mark.django_db


def read(base: str, key: str = KEY, waited: list[float] | None = None) -> list[str]:
    waits = [] if waited is None else waited
    steps = backfill(reader=Reader(key, base, waits.append), clock=lambda: NOW)
    return [f"{step.name} {step.objects}" for step in steps]


def history() -> dict[str, list[Object]]:
    """An invoice that was paid in two parts, one of them outside Stripe, partly refunded and disputed."""
    part = invoice_payment("inpay_1", "in_1", 60_00, "2026-01-05", intent="pi_1")
    made = invoice("in_1", "cus_a", paid="2026-01-10", payments=listed([part], "/v1/invoice_payments"))
    taken: dict[str, Any] = {"intent": "pi_1", "taken": "2026-02-03", "status": "lost"}
    return {
        "customers": [customer(f"cus_{number}") for number in range(250)] + [customer("cus_a")],
        "invoices": [made],
        "invoice_payments": [part],
        "refunds": [refund("re_1", 10_00, "2026-02-01", intent="pi_1")],
        "disputes": [dispute("du_1", 20_00, "2026-02-02", **taken)],
    }


def test_everything_is_read_in_pages_and_worked_as_events_are() -> None:
    referred("cus_a")
    with stand_in(**history()) as (base, api):
        steps = read(base)
    assert steps[:3] == ["customers 100", "customers 200", "customers 251"]
    assert "/v1/customers?limit=100&starting_after=cus_199" in api.asked
    assert "/v1/subscriptions?status=all&limit=100" in api.asked
    work()
    assert facts()["payments"] == [
        "in_1:out_of_band in_1 40.00 2026-01-10",
        "in_1:pi_1 in_1 60.00 2026-01-05",
    ]
    assert facts()["reversals"] == [
        "du_1 in_1:pi_1 chargeback 20.00 2026-02-03",
        "re_1 in_1:pi_1 refund 10.00 2026-02-01",
    ]
    assert findings() == []


def test_what_came_by_events_too_is_recorded_once() -> None:
    referred("cus_a")
    made, payment = paid_in_full("in_1", "cus_a", "2026-01-10")
    tell(event("invoice.paid", made, "2026-01-10"), event("invoice_payment.paid", payment, "2026-01-10"))
    before = facts()
    with stand_in(invoices=[made], invoice_payments=[payment]) as (base, _):
        read(base)
        work()
        assert facts() == before
        kept = StripeEvent.objects.count()
        assert len(read(base)) == len(LISTS)
    assert StripeEvent.objects.count() == kept  # Read anew, and nothing had changed.


def test_a_backfill_that_is_stopped_goes_on_where_it_was() -> None:
    with stand_in(**history()) as (base, api):
        steps = backfill(reader=Reader(KEY, base, lambda seconds: None), clock=lambda: NOW)
        next(steps)
        next(steps)
        steps.close()
        assert BackfillList.objects.get(name="customers").after == "cus_199"
        api.asked.clear()
        assert read(base)[0] == "customers 251"
        assert api.asked[0] == "/v1/customers?limit=100&starting_after=cus_199"
    assert StripeEvent.objects.filter(type="customer.read").count() == 251
    assert not BackfillList.objects.filter(done_at=None).exists()


def test_it_waits_as_long_as_it_is_asked_to_and_tries_again() -> None:
    waited: list[float] = []
    with stand_in(customers=[customer("cus_a")]) as (base, api):
        api.ails += [
            (429, {"Retry-After": "7"}, '{"error": {"message": "Too many"}}'),
            (503, {}, "{}"),
            (500, {}, "<html>"),
        ]
        assert read(base, waited=waited)[0] == "customers 1"
    assert waited == [7.0, 2.0, 4.0]


@pytest.mark.parametrize(
    "body", ["<html>", "7", "null", "[]", '{"data": 7}', '{"data": [7]}', '{"data": [{"id": ""}]}']
)
def test_an_answer_that_is_none_ends_it_with_what_it_was(body: str) -> None:
    with stand_in() as (base, api):
        api.ails += [(200, {}, body)] * 10
        with pytest.raises(CannotRead, match="customers"):
            read(base)
    assert not StripeEvent.objects.exists()


def test_the_lines_that_a_list_leaves_out_are_read(settings: Settings) -> None:
    referred("cus_a")
    rows = [line(1_00) for _ in range(130)]
    made = invoice("in_1", "cus_a", *rows)
    made["lines"] = listed(rows[:10], "/v1/invoices/in_1/lines", has_more=True)
    with stand_in(invoices=[made], invoices__in_1__lines=rows) as (base, _):
        read(base)
    work()
    assert len(facts()["lines"]) == 130


def test_a_price_that_is_out_of_use_is_read_too_and_its_category_counts() -> None:
    """Old invoices name prices that are archived meanwhile; its list gives them only where they are asked for."""
    referred("cus_a")
    told = {"object": "price", "product": "prod_seats", "livemode": True}
    of_old = {"id": "price_old", "active": False, "metadata": {"category": "compliance"}} | told
    of_now = {"id": "price_now", "active": True, "metadata": {"category": "one_time"}} | told
    made = invoice("in_1", "cus_a", line(1_00, price="price_old"), line(2_00, price="price_now"))
    with stand_in(prices=[of_now, of_old], invoices=[made]) as (base, _):
        steps = read(base)
    assert {"prices 1", "prices out of use 1"} <= set(steps)
    work()
    assert [row.split()[4:6] for row in facts()["lines"]] == [["compliance", "1.00"], ["one_time", "2.00"]]


def test_the_command_says_what_it_did_and_what_is_missing(settings: Settings) -> None:
    referred("cus_a")
    settings.STRIPE_API_KEY = ""
    with pytest.raises(CommandError, match="STRIPE_API_KEY"):
        call_command("stripe_backfill")
    out = io.StringIO()
    with stand_in(**history()) as (base, _):
        settings.STRIPE_API_BASE, settings.STRIPE_API_KEY = base, "rk_another"
        with pytest.raises(CommandError, match="Invalid API Key"):
            call_command("stripe_backfill")
        settings.STRIPE_API_KEY = KEY
        call_command("stripe_backfill", stdout=out)
    assert "customers: 251 read" in out.getvalue()
    assert "payments: 2 new" in out.getvalue()
    assert not EventToWork.objects.exists()


def test_the_stand_in_refuses_what_stripe_would() -> None:
    assert Api.lists == {}
    with stand_in() as (base, _), pytest.raises(CannotRead, match="Unrecognized"):
        Reader(KEY, base, lambda seconds: None).page("/v1/nothing", "")


def test_what_happened_while_a_page_was_read_goes_before_the_page() -> None:
    """An invoice is read open; it is paid before the answer is kept: its event is the truer one."""
    referred("cus_a")
    made, payment = paid_in_full("in_1", "cus_a", "2026-01-10")
    moments = itertools.count()
    with stand_in(invoices=[made | {"status": "open"}]) as (base, _):
        slow = backfill(
            reader=Reader(KEY, base, print), clock=lambda: NOW - timedelta(hours=1) + timedelta(seconds=next(moments))
        )
        list(slow)
    read_at = StripeEvent.objects.get(object_id="in_1").received_at
    paid_at = f"{read_at - timedelta(seconds=1):%Y-%m-%dT%H:%M:%S}"
    tell(event("invoice.paid", made, paid_at), event("invoice_payment.paid", payment, paid_at))
    assert payments() == ["in_1:pi_in_1 in_1 100.00 2026-01-10"]


def test_what_went_back_to_what_it_was_is_read_as_it_is() -> None:
    seats = {"id": "prod_seats", "object": "product", "name": "Seats", "livemode": True, "metadata": {}}
    days = [NOW - timedelta(days=back) for back in (9, 8, 7, 6)]
    for day, name in zip(days, ("Seats", "Chairs", "Seats", "Seats"), strict=True):
        with stand_in(products=[seats | {"name": name}]) as (base, _):
            list(backfill(reader=Reader(KEY, base, print), clock=partial(min, day, NOW)))
    work()
    assert StripeObject.objects.get(stripe_id="prod_seats").data["name"] == "Seats"
    assert StripeEvent.objects.filter(object_id="prod_seats").count() == 3


def test_a_key_of_test_mode_reads_nothing_into_a_portal_of_real_money(settings: Settings) -> None:
    settings.STRIPE_TAKES_TEST_EVENTS = False
    with stand_in(**history()) as (base, api):
        settings.STRIPE_API_BASE, settings.STRIPE_API_KEY = base, "rk_test_of_nobody"
        with pytest.raises(CommandError, match="STRIPE_TAKES_TEST_EVENTS"):
            call_command("stripe_backfill")
        assert api.asked == []
