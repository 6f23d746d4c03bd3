"""Events of Stripe at the same moment: each is kept once and worked once, whoever comes together."""

import json
import random

from integrations.stripe.models import EventToWork, StripeEvent
from integrations.stripe.services.receive_event import receive_event
from integrations.stripe.services.work_events import work_events
from tests.conftest import Databases
from tests.integrations.stripe.published import SECRET, event, invoice, signed
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
