"""Whose a customer is: by billing reference at once, by domain as a suggestion, by a person for good."""

import pytest
from django.core.exceptions import PermissionDenied

from accounts.models import AuditEntry
from clients.models import Client
from integrations.stripe.models import Place, StripeCustomer, StripeEvent
from integrations.stripe.services.place_customer import IsLinked, leave_customer, link_customer, open_customer
from integrations.stripe.services.sweep import sweep
from integrations.stripe.services.work_events import replay_events
from tests.cast import all_rows, client, fay, program, record, sam
from tests.integrations.stripe.published import customer, event, subscription
from tests.integrations.stripe.telling import (
    NOW,
    facts,
    lines,
    paid_in_full,
    payments,
    referred,
    seats_are_subscription,
    tell,
)

pytestmark = pytest.mark.django_db


def pays(of: str) -> None:
    made, payment = paid_in_full("in_1", of, "2026-01-10")
    tell(event("invoice.paid", made, "2026-01-10"), event("invoice_payment.paid", payment, "2026-01-10"))


@pytest.mark.parametrize("said", [{"client": "acme"}, {"billing_reference": "ACME"}])
def test_a_customer_meets_its_client_by_the_reference_in_its_metadata_whatever_its_case(said: dict[str, str]) -> None:
    referred("Acme")
    pays("cus_a")
    assert lines() == []
    tell(event("customer.updated", customer("cus_a", metadata=said), "2026-01-02"))
    assert StripeCustomer.objects.get().client == Client.objects.get()
    assert payments() == ["in_1:pi_in_1 in_1 100.00 2026-01-10"]


def test_a_client_that_comes_after_its_customer_is_found_by_the_sweep() -> None:
    seats_are_subscription()
    pays("cus_a")
    referred("CUS_A")
    sweep(clock=lambda: NOW)
    assert len(payments()) == 1


def test_another_customer_of_a_client_that_has_one_already_is_found_by_the_sweep_too() -> None:
    seats_are_subscription()
    tell(event("customer.created", customer("cus_b"), "2026-01-01"))
    tell(event("customer.created", customer("cus_a", metadata={"client": "acme"}), "2026-01-01"))
    pays("cus_a")
    referred("acme")
    other = StripeCustomer.objects.get(stripe_id="cus_b")
    link_customer(customer=other, client=Client.objects.get(), by=fay(), at=NOW)  # Before the next sweep.
    sweep(clock=lambda: NOW)
    assert set(StripeCustomer.objects.values_list("stripe_id", "place")) == {("cus_a", "linked"), ("cus_b", "linked")}
    assert payments() == ["in_1:pi_in_1 in_1 100.00 2026-01-10"]


def test_a_customer_of_nobody_is_kept_and_says_nothing() -> None:
    referred("other")
    pays("cus_a")
    row = StripeCustomer.objects.get()
    assert (row.place, facts()["lines"]) == (Place.OPEN, [])
    assert list(StripeCustomer.objects.direct()) == [row]
    assert not StripeCustomer.objects.suggested().exists()


@pytest.mark.parametrize(
    ("said", "is_suggested"),
    [
        ({"email": "it@mail.acme.example"}, True),
        ({"email": "someone@gmail.com"}, False),
        ({"email": "someone@gmail.com", "metadata": {"website": "https://www.acme.example/us"}}, True),
        ({"email": "it@acme.example.evil.example"}, False),
        ({"email": None}, False),
    ],
)
def test_a_domain_is_a_suggestion_and_no_more(said: dict[str, object], is_suggested: bool) -> None:
    referred("acme")
    tell(event("customer.created", customer("cus_a", **said), "2026-01-01"))
    assert StripeCustomer.objects.get().client is None
    assert StripeCustomer.objects.suggested().exists() is is_suggested


def test_a_person_links_a_customer_and_all_that_is_known_of_it_is_recorded() -> None:
    referred("acme", "other")
    pays("cus_a")
    row, acme = StripeCustomer.objects.get(), Client.objects.get(reference="acme")
    with pytest.raises(PermissionDenied):
        link_customer(customer=row, client=acme, by=sam(), at=NOW)
    assert lines() == []
    assert link_customer(customer=row, client=acme, by=fay(), at=NOW)["payments"] == 1
    assert lines() == ["in_1 acme 2026-01-01 1 subscription 100.00 2026-01-01 1"]
    assert AuditEntry.objects.filter(action="stripe customer linked").exists()
    with pytest.raises(IsLinked):
        link_customer(customer=row, client=Client.objects.get(reference="other"), by=fay(), at=NOW)
    with pytest.raises(IsLinked):
        leave_customer(customer=row, by=fay(), at=NOW)
    assert StripeCustomer.objects.get().client == acme


def test_a_customer_that_is_not_referred_is_suggested_no_more_until_it_is_opened() -> None:
    referred("acme")
    tell(event("customer.created", customer("cus_a", email="it@acme.example"), "2026-01-01"))
    row = StripeCustomer.objects.get()
    leave_customer(customer=row, by=fay(), at=NOW)
    assert not StripeCustomer.objects.suggested().exists()
    open_customer(customer=row, by=fay(), at=NOW)
    assert StripeCustomer.objects.suggested().exists()


# -- Cancellations ----------------------------------------------------------------------------------------


def cancelled() -> list[str]:
    return facts()["cancelled"]


def test_a_client_cancels_when_its_last_subscription_has_ended() -> None:
    referred("cus_a")
    tell(
        event("customer.subscription.created", subscription("sub_1", "cus_a"), "2026-01-01"),
        event("customer.subscription.created", subscription("sub_2", "cus_a"), "2026-01-01"),
        event("customer.subscription.deleted", subscription("sub_1", "cus_a", ended="2026-03-01"), "2026-03-01"),
    )
    assert cancelled() == []
    tell(event("customer.subscription.deleted", subscription("sub_2", "cus_a", ended="2026-04-01"), "2026-04-01"))
    assert cancelled() == ["cus_a 2026-04-01"]
    tell(event("customer.subscription.created", subscription("sub_3", "cus_a"), "2026-05-01"))
    assert cancelled() == []


def test_a_cancellation_to_come_is_none_yet_and_an_unbegun_subscription_never_was_one() -> None:
    referred("cus_a")
    ending = subscription("sub_1", "cus_a") | {"cancel_at_period_end": True, "canceled_at": 1_770_000_000}
    failed = subscription("sub_2", "cus_a", ended="2026-01-02", status="incomplete_expired")
    tell(
        event("customer.subscription.updated", ending, "2026-03-01"),
        event("customer.subscription.updated", failed, "2026-01-02"),
    )
    assert cancelled() == []


def test_a_cancellation_that_came_otherwise_stays() -> None:
    program(client("cus_a", canceled="2026-02-01"))
    tell(event("customer.subscription.created", subscription("sub_1", "cus_a"), "2026-03-01"))
    assert cancelled() == ["cus_a 2026-02-01"]
    tell(event("customer.subscription.deleted", subscription("sub_1", "cus_a", ended="2026-04-01"), "2026-04-01"))
    assert cancelled() == ["cus_a 2026-02-01"]


def test_a_trial_that_ended_before_the_client_closed_cancels_nothing() -> None:
    referred("cus_a", closed="2026-03-01")
    tell(event("customer.subscription.deleted", subscription("sub_1", "cus_a", ended="2026-02-01"), "2026-02-01"))
    assert cancelled() == []


def test_a_cancellation_that_was_taken_back_otherwise_stays_so_until_another_subscription_ends() -> None:
    referred("cus_a")
    tell(event("customer.subscription.deleted", subscription("sub_1", "cus_a", ended="2026-04-01"), "2026-04-01"))
    assert cancelled() == ["cus_a 2026-04-01"]
    record(client("cus_a", closed="2025-06-01"), at=NOW)  # It pays by another way from now on.
    assert cancelled() == []
    before = all_rows()
    replay_events(events=StripeEvent.objects.all(), clock=lambda: NOW)
    assert (cancelled(), all_rows()) == ([], before)
    tell(
        event("customer.subscription.created", subscription("sub_2", "cus_a"), "2026-04-10"),
        event("customer.subscription.deleted", subscription("sub_2", "cus_a", ended="2026-05-01"), "2026-05-01"),
    )
    assert cancelled() == ["cus_a 2026-05-01"]
