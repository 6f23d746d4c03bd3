"""A payout waits until every gate is open, and says for each what opens it (B; 6, 10, 14, 15)."""

from datetime import timedelta
from decimal import Decimal

import pytest

from affiliates.models import PayoutMethod, Program, Violation
from affiliates.models.agreement import ViolationState
from affiliates.models.payee import PayoutMethodKind
from affiliates.services.accept_agreement import publish_version
from affiliates.services.open_violation import decide_violation, open_violation
from affiliates.services.set_payee import confirm_payout_method, set_payout_method
from payouts.gates import gates
from payouts.models import Payout
from payouts.services.present_invoice import present_invoice
from payouts.services.refresh_payout import refresh_payout
from tests.cast import AT, chargeback, client, close, day, fay, monthly, owner_of, program, record
from tests.payouts.finance import LONG_AGO, opened_payout, present, ready_payout

pytestmark = pytest.mark.django_db

NAMES = [
    "Agreement accepted",
    "Referral report presented",
    "Invoice presented",
    "No open violation",
    "Tax form on file",
    "Payout method confirmed",
    "Balance at or above the minimum",
]


def closed_gates(payout: Payout) -> list[str]:
    return [gate.name for gate in gates(payout, at=AT) if not gate.is_open]


def state(payout: Payout) -> str:
    return refresh_payout(payout_id=payout.pk, at=AT).state


def test_a_new_payout_waits_for_the_partner_and_says_what_opens_each_gate() -> None:
    payout = opened_payout()
    assert payout.state == "waiting"
    assert payout.amount == Decimal("200.00")
    found = gates(payout, at=AT)
    assert [gate.name for gate in found] == NAMES
    assert all(gate.clause and gate.state and bool(gate.opened_by) != gate.is_open for gate in found)
    assert closed_gates(payout) == [
        name for name in NAMES if name not in ("No open violation", "Balance at or above the minimum")
    ]


def test_with_every_gate_open_it_is_ready() -> None:
    payout = ready_payout()
    assert closed_gates(payout) == []
    assert payout.state == "ready"
    assert [step.state for step in payout.steps.all()] == ["waiting", "ready"]


def test_an_invoice_over_another_amount_leaves_the_gate_closed_until_the_right_one_comes() -> None:
    payout = ready_payout()
    present_invoice(
        payout=payout,
        number="A-2",
        dated_on=day("2026-04-03"),
        amount=Decimal("200.01"),
        by=owner_of(payout.partner.reference),
        at=AT,
    )
    assert closed_gates(payout) == ["Invoice presented"]
    assert state(payout) == "waiting"
    present_invoice(
        payout=payout,
        number="A-3",
        dated_on=day("2026-04-04"),
        amount=Decimal("200.00"),
        by=owner_of(payout.partner.reference),
        at=AT,
    )
    assert state(payout) == "ready"


def test_an_open_violation_closes_the_gate_until_it_is_cured() -> None:
    payout = ready_payout()
    violation = open_violation(
        partner=payout.partner,
        clause="6",
        evidence="A false claim",
        notice_on=day("2026-12-20"),
        by=None,
        at=AT,
    )
    assert violation.cure_by == day("2027-01-04")
    assert state(payout) == "waiting"
    decide_violation(violation=violation, to=ViolationState.CURED, on=day("2026-12-30"), by=None, at=AT)
    assert state(payout) == "ready"
    assert Violation.objects.open().count() == 0


def test_a_new_version_of_the_agreement_closes_the_gate_again() -> None:
    payout = ready_payout()
    publish_version(number="2", title="Terms", text="…", by=None, at=AT)
    assert closed_gates(payout) == ["Agreement accepted"]
    assert state(payout) == "waiting"


def test_changed_bank_details_hold_payouts_for_72_hours() -> None:
    payout = ready_payout()
    changed_at = AT - timedelta(hours=71)
    method = set_payout_method(
        partner=payout.partner,
        kind=PayoutMethodKind.IBAN,
        holder="Ada",
        details="DE1234",
        by=None,
        at=changed_at,
    )
    confirm_payout_method(method=method, by=None, at=changed_at)
    assert state(payout) == "waiting"
    later = AT + timedelta(hours=1)
    assert refresh_payout(payout_id=payout.pk, at=later).state == "ready"
    assert PayoutMethod.objects.current().get() == method
    assert PayoutMethod.objects.get(replaced_at__isnull=False).entered_at == LONG_AGO


def test_a_balance_below_the_minimum_keeps_it_waiting() -> None:
    payout = ready_payout()
    Program.objects.update(minimum_payout=Decimal("200.01"))
    assert closed_gates(payout) == ["Balance at or above the minimum"]
    Program.objects.update(minimum_payout=Decimal("200.00"))
    assert state(payout) == "ready"


def test_a_period_opens_payouts_only_for_what_earlier_ones_do_not_speak_for() -> None:
    first = opened_payout()
    record(monthly("acme", "2026-04", "500.00"))
    close("2026-04", by=fay())
    second = Payout.objects.get(period=day("2026-04-01"))
    assert (first.amount, second.amount) == (Decimal("200.00"), Decimal("100.00"))


def test_a_negative_balance_opens_nothing_and_is_carried_forward() -> None:
    program(client("acme"), monthly("acme", "2026-03", "1000.00"))
    close("2026-03", by=fay())
    Payout.objects.get()  # 200.00, not paid yet.
    record(chargeback("acme-2026-03-paid", "1000.00", "2026-04-05"))
    close("2026-04", by=fay())
    assert Payout.objects.filter(period=day("2026-04-01")).count() == 0


def test_the_report_is_drafted_from_the_facts() -> None:
    payout = opened_payout()
    present(payout)
    assert payout.referral_report.lines == [
        {
            "client": "acme",
            "name": "Acme Inc.",
            "service_month": "2026-03",
            "mrr": "1000.00",
            "mrr_before": "0.00",
            "change": "new",
            "commission": "200.00",
            "state": "posted",
        }
    ]
