"""Events of Stripe at the same moment: each is kept once and worked once, whoever comes together."""

import json
import random
from itertools import count

from django.core.management import call_command

from clients.models import Client
from integrations.stripe.models import EventToWork, StripeCustomer, StripeEvent
from integrations.stripe.services.backfill import Reader, backfill
from integrations.stripe.services.place_customer import IsLinked, link_customer
from integrations.stripe.services.receive_event import receive_event
from integrations.stripe.services.work_events import work_events
from tests.cast import fay
from tests.conftest import Databases
from tests.integrations.stripe.published import OLD, SECRET, event, invoice, signed
from tests.integrations.stripe.stand_in import KEY, stand_in
from tests.integrations.stripe.telling import NOW, facts, referred, send
from tests.integrations.stripe.test_any_order import story, told
from tests.races.test_of_eight_one_wins import all_at_once, failures


def test_eight_deliveries_of_one_event_keep_one(real_db: Databases) -> None:
    body = json.dumps(event("invoice.finalized", invoice("in_1", "cus_a"), "2026-01-01"))
    header = signed(body)
    outcomes = all_at_once(lambda: receive_event(body=body.encode(), signature=header, secrets=[SECRET], at=NOW))
    assert sorted(map(str, outcomes)) == ["False"] * 7 + ["True"]
    assert (StripeEvent.objects.count(), EventToWork.objects.count()) == (1, 1)


def test_eight_workers_while_events_come_give_the_same_facts(real_db: Databases) -> None:
    expected = told(story())[0]
    referred("cus_a", "cus_b")
    events = list(story())
    random.shuffle(events)
    parts = [events[number::8] for number in range(8)]

    def come_and_work() -> None:
        send(*parts.pop())
        work_events(clock=lambda: NOW)

    assert failures(all_at_once(come_and_work)) == []
    work_events(clock=lambda: NOW)
    assert not EventToWork.objects.exists()
    assert facts() == expected


def test_two_people_link_one_customer_to_two_clients_while_its_events_come(real_db: Databases) -> None:
    referred("acme", "bolt")
    made = [invoice(f"in_{n}", "cus_x", paid="2026-01-10", version=OLD, charge=f"ch_{n}") for n in range(6)]
    send(event("invoice.paid", made[0], "2026-01-10", version=OLD))
    work_events(clock=lambda: NOW)
    customer, turns, by = StripeCustomer.objects.get(), count(), fay()

    def link_or_come() -> None:
        turn = next(turns)
        if turn < 2:
            client = Client.objects.get(reference=("acme", "bolt")[turn])
            link_customer(customer=customer, client=client, by=by, at=NOW)
        else:
            send(event("invoice.paid", made[turn - 2], "2026-01-10", version=OLD))
            work_events(clock=lambda: NOW)

    refused = failures(all_at_once(link_or_come))
    assert refused == [IsLinked]
    work_events(clock=lambda: NOW)
    owners = {line.split()[1] for line in facts()["lines"]}
    assert owners == {str(StripeCustomer.objects.get().client.reference)}  # type: ignore[union-attr]
    assert len(facts()["payments"]) == len(made)


def test_a_backfill_and_a_replay_while_events_are_worked_change_nothing(real_db: Databases) -> None:
    expected = told(story())[0]
    referred("cus_a", "cus_b")
    send(*story())
    kinds = ("invoice", "invoice_payment", "refund", "customer", "subscription", "dispute", "credit_note", "charge")
    newest = {each["data"]["object"]["id"]: each["data"]["object"] for each in sorted(story(), key=_created)}
    lists = {f"{kind}s": [of for of in newest.values() if of["object"] == kind] for kind in kinds}
    turns = count()
    with stand_in(**lists) as (base, _):

        def one_of_three() -> None:
            turn = next(turns)
            if turn == 0:
                list(backfill(reader=Reader(KEY, base, print), clock=lambda: NOW))
            elif turn < 3:
                call_command("stripe_replay", verbosity=0)
            work_events(clock=lambda: NOW)

        assert failures(all_at_once(one_of_three)) == []
    work_events(clock=lambda: NOW)
    assert not EventToWork.objects.exists()
    assert facts() == expected


def _created(event: dict[str, int]) -> int:
    return event["created"]
