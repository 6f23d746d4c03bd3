"""Every cent that stored events tell of, in or out, is in the facts or listed for a person: over random histories.

Histories are of one client, in both shapes, shuffled, repeated, and with some events lost. What came is read from the
events by this page's own few lines, not by the product.
"""

import random
from collections import Counter
from collections.abc import Generator, Iterator
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clients.models import Payment, Reversal
from integrations.stripe.models import StripeFinding
from tests.integrations.stripe.published import (
    OLD,
    Object,
    charge,
    credit_note,
    dispute,
    event,
    invoice,
    invoice_payment,
    line,
    refund,
)
from tests.integrations.stripe.telling import parked, referred, tell

pytestmark = pytest.mark.django_db

KINDS = ("whole", "parts", "open", "void", "balance", "debt", "credited", "overpaid", "old", "yen", "lines", "none")
Sums = Counter[str]  # Cents by the id of the payment intent, refund or dispute.


def cents(amount: Decimal) -> int:
    return int(amount * 100)


def history(dice: random.Random) -> list[Object]:
    return [each for number in range(6) for each in _invoice(dice, f"{number}", dice.choice(KINDS))]


def _invoice(dice: random.Random, name: str, kind: str) -> Iterator[Object]:
    """Yield what Stripe tells of an invoice of some kind, of its money, and of what went back."""
    key, total = f"in_{name}", dice.randint(200, 50_000)
    if kind == "old":
        made = invoice(key, "cus_a", line(total, version=OLD), paid="2026-01-10", version=OLD, intent=f"pi_{name}_0")
        yield event("invoice.paid", made | {"charge": f"ch_{name}"}, "2026-01-10", version=OLD)
        came = [total]
    else:
        came = yield from _new(dice, name, kind, total)
    for number, units in enumerate(came):
        yield from _back(dice, f"{name}_{number}", units)


def _new(dice: random.Random, name: str, kind: str, total: int) -> Generator[Object, None, list[int]]:
    key = f"in_{name}"
    off = dice.randint(1, total - 100)
    shapes: dict[str, Object] = {
        "balance": {"starting_balance": -off, "amount_due": total - off},
        "debt": {"starting_balance": off, "amount_due": total + off},
        "credited": {"pre_payment_credit_notes_amount": off, "amount_due": total - off},
        "overpaid": {"amount_overpaid": off},
        "yen": {"currency": "jpy"},
    }
    said = shapes.get(kind, {})
    due = said.get("amount_due", total) + said.get("amount_overpaid", 0)
    first = dice.randint(1, due - 1)
    came = [first] if kind in ("open", "void") else [due] if kind in ("whole", "none") else [first, due - first]
    status = {"open": "open", "void": "void"}.get(kind, "")
    made = invoice(key, "cus_a", line(total), paid="" if status else "2026-01-10", status=status, **said)
    if kind == "lines":
        made["lines"]["has_more"] = True
    if kind != "none":
        yield event("invoice.finalized", made | {"status": "open", "amount_paid": 0}, "2026-01-01")
        yield event("invoice.updated", made, "2026-01-10")
    for number, units in enumerate(came):
        part = invoice_payment(
            f"ip_{name}_{number}", key, units, f"2026-01-0{number + 3}", intent=f"pi_{name}_{number}"
        )
        yield event("invoice_payment.paid", part, f"2026-01-0{number + 3}")
    return came


def _back(dice: random.Random, name: str, units: int) -> Iterator[Object]:
    intent, left = f"pi_{name}", units
    for number in range(dice.choice((0, 0, 1, 2))):
        sum = dice.randint(1, max(left, 1))
        left -= sum
        yield event("refund.created", refund(f"re_{name}_{number}", sum, "2026-02-01", intent=intent), "2026-02-01")
    if dice.random() < 0.3 and left > 0:
        said = {"intent": intent, "taken": "2026-02-05"}
        yield event("charge.dispute.funds_withdrawn", dispute(f"du_{name}", left, "2026-02-04", **said), "2026-02-05")
        if dice.random() < 0.5:
            won = dispute(f"du_{name}", left, "2026-02-04", status="won", given="2026-03-05", **said)
            yield event("charge.dispute.funds_reinstated", won, "2026-03-05")
    if dice.random() < 0.3:
        gone = charge(f"ch_of_{name}", "cus_a", units, "2026-01-10", intent=intent)
        yield event("charge.succeeded", gone, "2026-01-10")
    if dice.random() < 0.1:
        note = credit_note(f"cn_{name}", f"in_{name[0]}", "cus_a", 100, "2026-02-07")
        yield event("credit_note.created", note | {"out_of_band_amount": 100}, "2026-02-07")


def told(events: list[Object]) -> tuple[Sums, Sums, dict[str, str]]:
    """What came by payment intent, what went by refund and dispute, and the invoice of each intent."""
    came, went, invoices = Sums(), Sums(), {}
    for each in sorted(events, key=lambda one: one["created"]):
        of = each["data"]["object"]
        if of["object"] == "invoice_payment":
            came[of["payment"]["payment_intent"]] = of["amount_paid"]
            invoices[of["payment"]["payment_intent"]] = of["invoice"]
        elif of["object"] == "invoice" and of.get("payment_intent"):
            came[of["payment_intent"]] = of["amount_paid"]
            invoices[of["payment_intent"]] = of["id"]
        elif of["object"] == "charge":
            came[of["payment_intent"]] = of["amount"]
        elif of["object"] == "refund":
            went[of["id"]] = of["amount"]
        elif of["object"] == "dispute":
            went[of["id"]] = 0 if len(of["balance_transactions"]) > 1 else of["amount"]
        elif of["object"] == "credit_note":
            went[of["id"]] = of["out_of_band_amount"]
    return came, went, invoices


def recorded() -> tuple[Sums, Sums]:
    came, went = Sums(), Sums()
    for payment in Payment.objects.all():
        came[payment.reference.partition(":")[2]] += cents(payment.amount)
    for row in Reversal.objects.all():
        went[row.reference.partition(":")[0]] += cents(row.amount) * (-1 if row.kind == "chargeback_won" else 1)
    return came, went


def room_of(events: list[Object], key: str) -> int | None:
    """What an invoice takes of payments: the rest settled an older debt, or became a balance."""
    known = [each["data"]["object"] for each in events if each["data"]["object"]["id"] == key]
    if not known or not any(each["status"] == "paid" for each in known):
        return None
    used = max(-known[0]["starting_balance"], 0) + known[0]["pre_payment_credit_notes_amount"]
    return int(known[0]["total"] - used)


def silent(events: list[Object]) -> list[str]:
    """What is neither recorded nor listed, or recorded as another sum without a word about it."""
    came, went, invoices = told(events)
    in_facts, out_of_facts = recorded()
    said = {word for row in StripeFinding.objects.all() for key in (row.about, row.subject) for word in key.split(":")}
    missing = []
    for key, units in came.items():
        own = {key, invoices.get(key, ""), key.replace("pi_", "ip_"), key.replace("pi_", "ch_of_")}
        if in_facts[key] != units and not own & said:
            missing.append(f"{key}: {units} came, {in_facts[key]} is recorded")
    for of in {invoices.get(key, "") for key in came}:
        room, keys = room_of(events, of), [key for key in came if invoices.get(key) == of]
        if room is not None and room < sum(came[key] for key in keys) and sum(in_facts[key] for key in keys) == room:
            missing = [each for each in missing if each.partition(":")[0] not in keys]
    for key, units in went.items():
        of = f"in_{key.split('_')[1]}"
        if out_of_facts[key] != units and not {key, of} & said:
            missing.append(f"{key}: {units} went, {out_of_facts[key]} is recorded")
    return missing


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_what_is_not_recorded_is_listed(seed: int) -> None:
    dice = random.Random(seed)
    events = [each for each in history(dice) if dice.random() > 0.1]
    dice.shuffle(events)
    with transaction.atomic():
        referred("cus_a")
        size = max(len(events) // dice.randint(1, 6), 1)
        for first in range(0, len(events), size):
            tell(*events[first : first + size])
        assert parked() == []
        assert silent(events) == []
        transaction.set_rollback(True)
