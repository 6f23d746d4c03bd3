"""The sweep that lets payouts follow their gates: what it costs, and that it misses nothing."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from affiliates.models.payee import PayoutMethodKind
from affiliates.services.accept_agreement import publish_version
from affiliates.services.set_payee import set_payout_method
from payouts.gates import gates, gates_of
from payouts.models import Payout
from payouts.services.approve_payout import approve_payout
from payouts.services.refresh_payout import refresh_payout, refresh_payouts
from tests.cast import AT, Facts, abe, client, close, fay, monthly, partner, program, record, the_partner
from tests.payouts.finance import accept, opened_payout, present, ready_payout, settle_payee

pytestmark = pytest.mark.django_db


def opened_payouts(partners: int) -> list[Payout]:
    """The payouts of so many partners, in each state that the sweep looks at."""
    facts: list[Facts] = []
    for number in range(partners):
        facts += [partner(f"p{number}"), client(f"c{number}", f"p{number}"), monthly(f"c{number}", "2026-03", "100.00")]
    program()
    record(*facts)
    close("2026-03", by=fay())
    payouts = list(Payout.objects.select_related("partner").order_by("pk"))
    for number, payout in enumerate(payouts):
        if number % 3:
            accept(payout.partner)
            settle_payee(payout.partner)
            present(payout)
        if number % 3 == 2:
            approve_payout(payout=payout, by=abe(), at=AT)
    return payouts


def queries_of_sweep() -> int:
    with CaptureQueriesContext(connection) as queries:
        assert refresh_payouts(at=AT) == 0
    return len(queries)


@pytest.fixture
def cost_of_three() -> int:
    opened_payouts(3)
    return queries_of_sweep()


def test_a_sweep_of_thirty_costs_as_much_as_one_of_three_when_nothing_changes(cost_of_three: int) -> None:
    facts: list[Facts] = []
    for number in range(3, 30):
        facts += [partner(f"p{number}"), client(f"c{number}", f"p{number}"), monthly(f"c{number}", "2026-04", "100.00")]
    record(*facts)
    close("2026-04", by=fay())
    assert Payout.objects.count() == 30
    assert queries_of_sweep() <= cost_of_three


def test_the_gates_of_many_are_those_of_each() -> None:
    payouts = opened_payouts(6)
    listed = gates_of(payouts, at=AT)
    assert listed == {payout.pk: gates(payout, at=AT) for payout in payouts}
    assert {all(gate.is_open for gate in each) for each in listed.values()} == {True, False}


def test_the_sweep_moves_what_opened_and_leaves_the_rest() -> None:
    opened_payouts(6)
    waiting = Payout.objects.filter(state="waiting").select_related("partner").first()
    assert waiting is not None
    accept(waiting.partner)
    settle_payee(waiting.partner)
    present(waiting)
    Payout.objects.filter(pk=waiting.pk).update(state="waiting")  # As if it had been told of nothing.
    steps = Payout.objects.exclude(pk=waiting.pk).values_list("steps", flat=True)
    before = list(steps)
    assert refresh_payouts(at=AT) == 1
    waiting.refresh_from_db()
    assert waiting.state == "ready"
    assert list(steps) == before


def test_the_sweep_takes_back_what_closed() -> None:
    payout = ready_payout()
    publish_version(number="2", title="New terms", text="…", by=None, at=AT)
    assert refresh_payouts(at=AT) == 1
    payout.refresh_from_db()
    assert payout.state == "waiting"


def test_the_sweep_voids_an_approval_whose_bank_details_changed() -> None:
    payout = approve_payout(payout=ready_payout(), by=abe(), at=AT)
    set_payout_method(
        partner=the_partner("ada"), kind=PayoutMethodKind.ACH, holder="Else", details="999", by=None, at=AT
    )
    assert refresh_payouts(at=AT + timedelta(days=4)) == 1
    payout.refresh_from_db()
    assert (payout.state, payout.payable) == ("waiting", None)


def test_a_gate_says_whether_the_partner_can_open_it() -> None:
    payout = opened_payout()
    accept(payout.partner)
    assert [gate.name for gate in gates(payout, at=AT) if not gate.is_open and gate.is_partners] == [
        "Referral report presented",
        "Invoice presented",
        "Tax form on file",
        "Payout method confirmed",
    ]
    assert refresh_payout(payout_id=payout.pk, at=AT).state == "waiting"
