"""Signed events that are not as Stripe publishes them: each is parked with its error, and stops no other."""

import copy
import json
from contextlib import suppress
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clients.models import InvoiceLine
from integrations.stripe.models import EventToWork, Source, StripeEvent, StripeObject
from integrations.stripe.services.keep_events import NewEvent, keep_events
from integrations.stripe.services.receive_event import EventRefused, receive_event
from integrations.stripe.services.try_again import IsWorked, try_again
from tests.cast import fay
from tests.integrations.stripe.published import SECRET, Object, customer, event, invoice, line, signed
from tests.integrations.stripe.telling import (
    NOW,
    findings,
    paid_in_full,
    parked,
    payments,
    referred,
    send,
    tell,
    work,
)
from tests.integrations.stripe.test_any_order import story

pytestmark = pytest.mark.django_db

WRONG: tuple[Any, ...] = (
    None, True, -1, 0, 10**18, 1.5, "", "x", "\0", "\ud800", "x" * 300, [], [None], [[]], {}, {"id": 7}, {"data": 7},
    {"data": [7]},
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where in an object there is anything to replace."""
    found = [path] if path else []
    if isinstance(value, dict):
        found += [each for name in value for each in places(value[name], (*path, name))]
    if isinstance(value, list):
        found += [each for number, inside in enumerate(value) for each in places(inside, (*path, number))]
    return found


def spoilt(of: Object, path: tuple[Any, ...], wrong: Any) -> Object:
    made = copy.deepcopy(of)
    inside: Any = made["data"]["object"]
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = wrong
    return made


def test_an_unreadable_event_is_parked_and_the_others_are_worked() -> None:
    referred("cus_a")
    made, payment = paid_in_full("in_1", "cus_a", "2026-01-10")
    worked = tell(
        event("invoice.paid", made | {"total": "a lot"}, "2026-01-09"),
        event("invoice.paid", made | {"lines": {"data": [7]}}, "2026-01-09"),
        event("invoice.paid", made, "2026-01-10"),
        event("invoice_payment.paid", payment, "2026-01-10"),
    )
    assert (worked.events, worked.parked) == (2, 2)
    assert sorted(parked()) == ["“lines” is no list of objects", "“total” is no whole number within reason"]
    assert len(payments()) == 1


def test_a_parked_event_can_be_tried_again() -> None:
    referred("cus_a")
    tell(event("invoice.paid", {"object": "invoice"}, "2026-01-09"))
    row = EventToWork.objects.get()
    assert work().events == 0
    try_again(event=row.pk, by=fay(), at=NOW)
    assert work().parked == 1
    with pytest.raises(IsWorked):
        try_again(event=0, by=fay(), at=NOW)


@pytest.mark.parametrize("data", [None, 7, [], {}, {"object": None}, {"object": []}, {"object": {"object": "invoice"}}])
def test_an_event_without_its_object_is_parked(data: Any) -> None:
    tell(event("invoice.paid", {}, "2026-01-09") | {"data": data})
    assert len(parked()) == (0 if data == {"object": {}} else 1)


def test_an_object_that_nothing_follows_from_is_simply_kept() -> None:
    tell(event("payout.paid", {"id": "po_1", "object": "payout"}, "2026-01-09"))
    assert (parked(), EventToWork.objects.count(), StripeObject.objects.count()) == ([], 0, 0)
    assert StripeEvent.objects.count() == 1


@pytest.mark.parametrize("said", [{}, {"id": "upcoming_in_1"}, {"total": None, "lines": None}])
def test_an_invoice_that_is_only_announced_is_simply_kept(said: Object) -> None:
    """Stripe shows what the next invoice may be, in most versions without an id: there is nothing to look at."""
    referred("cus_a")
    made = invoice("in_1", "cus_a", status="draft")
    del made["id"]
    tell(event("invoice.upcoming", made | said, "2026-01-09"))
    assert (parked(), EventToWork.objects.count(), StripeObject.objects.count()) == ([], 0, 0)
    assert StripeEvent.objects.get().type == "invoice.upcoming"


def test_two_objects_of_one_id_do_not_become_each_other() -> None:
    referred("cus_a")
    tell(event("invoice.finalized", invoice("x_1", "cus_a"), "2026-01-01"))
    tell(event("customer.updated", customer("x_1"), "2026-02-01"))
    assert parked() == []
    assert StripeObject.objects.get(stripe_id="x_1").kind == "invoice"


@pytest.mark.parametrize(
    "made",
    [
        invoice("in_1", "cus_a", line(100_00, "2026-01-01", "2040-01-01")),
        invoice("in 1/ä", "cus_a"),
        invoice("in_1", "cus_a", line(10**14)),
        invoice("in_1", "cus_a", line(1_00, metadata={"category": "a\tb\nc\0" + "x" * 80})),
        invoice("in_1", "cus_a", currency="\0usd"),
    ],
)
def test_values_that_facts_cannot_have_are_listed(made: Object) -> None:
    referred("cus_a")
    good, payment = paid_in_full("in_good", "cus_a", "2026-01-10")
    tell(
        event("invoice.finalized", made, "2026-01-01"),
        event("invoice.paid", good, "2026-01-10"),
        event("invoice_payment.paid", payment, "2026-01-10"),
    )
    assert parked() == []
    assert len(findings()) == 1
    assert len(payments()) == 1


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_wrong_value_anywhere_never_stops_the_others(data: st.DataObject) -> None:
    of = data.draw(st.sampled_from(story()))
    bad = spoilt(of, data.draw(st.sampled_from(places(of["data"]["object"]))), data.draw(st.sampled_from(WRONG)))
    good, payment = paid_in_full("in_good", "cus_a", "2026-01-10")
    with transaction.atomic():
        referred("cus_a", "cus_b")
        send(bad, event("invoice.paid", good, "2026-01-10"))
        tell(event("invoice_payment.paid", payment, "2026-01-10"))
        assert "in_good:pi_in_good in_good 100.00 2026-01-10" in payments()
        for row in EventToWork.objects.all():
            assert row.is_parked, row.error
            assert row.error.startswith(("“", "it carries")), row.error
        transaction.set_rollback(True)


@pytest.mark.parametrize("depth", [50, 400, 900, 3000])
def test_what_is_nested_deep_stops_no_other(depth: int) -> None:
    referred("cus_a")
    good, payment = paid_in_full("in_good", "cus_a", "2026-01-10")
    deep = json.dumps(event("invoice.finalized", invoice("in_deep", "cus_a", metadata={"x": "HERE"}), "2026-01-01"))
    body = deep.replace('"HERE"', '{"a":' * depth + "[]" + "}" * depth)
    with suppress(EventRefused):
        receive_event(body=body.encode(), signature=signed(body), secrets=[SECRET], at=NOW)
    tell(event("invoice.paid", good, "2026-01-10"), event("invoice_payment.paid", payment, "2026-01-10"))
    assert payments() == ["in_good:pi_in_good in_good 100.00 2026-01-10"]
    assert all(row.error for row in EventToWork.objects.all())


def test_an_id_that_comes_again_with_another_body_changes_nothing() -> None:
    referred("cus_a")
    made, payment = paid_in_full("in_1", "cus_a", "2026-01-10")
    tell(event("invoice.paid", made, "2026-01-10", key="evt_1"), event("invoice_payment.paid", payment, "2026-01-10"))
    tell(event("invoice.paid", made | {"customer": "cus_b", "total": 1}, "2026-02-10", key="evt_1"))
    assert StripeObject.objects.get(stripe_id="in_1").customer == "cus_a"
    assert StripeEvent.objects.count() == 2


def test_ten_thousand_lines_are_one_invoice() -> None:
    referred("cus_a")
    tell(event("invoice.finalized", invoice("in_1", "cus_a", *(line(1_01) for _ in range(400))), "2026-01-01"))
    whole = invoice("in_2", "cus_a", *(line(1_00, product=f"prod_{n % 7}") for n in range(10_000)))
    read = NewEvent("in_2@1", Source.BACKFILL, "invoice.read", "", True, "in_2", NOW, json.dumps(whole))
    with transaction.atomic():
        keep_events([read], at=NOW)
    work()
    assert (parked(), findings()) == ([], [])
    assert InvoiceLine.objects.filter(invoice__reference="in_2").count() == 10_000
