"""Money that came or went and that no invoice is known for: it is listed, since facts are of invoices alone.

Most of it waits for moments, until its invoice comes. What nobody sent an invoice for stays listed: a payment of a
referred client without one, a refund or a dispute that nothing leads from to an invoice. What a charge says to be of
a customer who is nobody's is nobody's too.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet

from integrations.stripe.models import FindingKind, ObjectKind, Place, StripeCustomer, StripeFinding, StripeObject
from integrations.stripe.money import amount_of
from integrations.stripe.recording.case import Found
from integrations.stripe.shapes import (
    Charge,
    CreditNote,
    InvoicePayment,
    Refund,
    StripeDispute,
    from_charge,
    from_credit_note,
    from_dispute,
    from_invoice_payment,
    from_refund,
)

KINDS = (
    ObjectKind.CHARGE,
    ObjectKind.REFUND,
    ObjectKind.DISPUTE,
    ObjectKind.INVOICE_PAYMENT,
    ObjectKind.CREDIT_NOTE,
)
SAY_INVOICE = (
    "Where it has an invoice, send all events that docs/stripe.md names, or run manage.py stripe_backfill; without one"
    " it earns nothing and takes nothing back: enter an adjustment if it should"
)


@dataclass(slots=True)
class _Ways:
    """What leads from an object to its invoices: ids of charges and intents, and whose the charges are."""

    invoices: set[str] = field(default_factory=set)
    charges: set[str] = field(default_factory=set)
    intents: set[str] = field(default_factory=set)
    customers: set[str] = field(default_factory=set)


def loose_ends(
    objects: Iterable[StripeObject], customers: Collection[str]
) -> tuple[set[str], list[tuple[str, str, Found]]]:
    """The ids that were looked at, and which of them have no invoice: id, customer, and what to do about it.

    Looked at are these objects, the charges of these customers, and what is listed already.
    """
    rows = {each.stripe_id: each for each in objects if each.kind in KINDS}
    of_kinds = StripeObject.objects.filter(kind__in=KINDS)
    listed = StripeFinding.objects.filter(kind=FindingKind.WAITING).values("about")
    for row in of_kinds.filter(stripe_id__in=listed).exclude(stripe_id__in=rows):
        rows[row.stripe_id] = row
    if customers:
        for row in StripeObject.objects.filter(kind=ObjectKind.CHARGE, customer__in=customers):
            rows.setdefault(row.stripe_id, row)
    moved = {key: what for key, row in rows.items() if (what := _money(row))}
    ways = _ways([rows[key] for key in moved])
    with_invoice = _known(ways.values())
    linked = _linked(ways.values())
    found = []
    for key, what in moved.items():
        way = ways[key]
        if way.invoices & with_invoice or (way.customers and not way.customers & linked):
            continue
        whose = next(iter(sorted(way.customers & linked)), "")
        if rows[key].kind == ObjectKind.CHARGE and not whose:
            continue  # A payment of nobody whom we know.
        says = f"{what} has no invoice that is known"
        found.append((key, whose, Found(FindingKind.WAITING, key, says, SAY_INVOICE)))
    return set(rows), found


def _money(row: StripeObject) -> str:
    """What an object moved, in words; nothing where it moved nothing."""
    of: Charge | Refund | StripeDispute | InvoicePayment | CreditNote
    if row.kind == ObjectKind.CHARGE:
        of = from_charge(row.data)
        what, units = "A payment", of.captured
    elif row.kind == ObjectKind.REFUND:
        of = from_refund(row.data)
        what, units = "A refund", of.amount if "succeeded" in row.marks else 0
    elif row.kind == ObjectKind.DISPUTE:
        of = from_dispute(row.data)
        what, units = "A dispute", of.amount
    elif row.kind == ObjectKind.CREDIT_NOTE:
        of = from_credit_note(row.data)
        what, units = "A credit", of.gave_back if of.status == "issued" else 0
    else:
        of = from_invoice_payment(row.data)
        what, units = "A payment", of.amount if of.status == "paid" else 0
    return f"{what} of {amount_of(units, of.currency):,} {of.currency}" if units > 0 else ""


def _ways(rows: Sequence[StripeObject]) -> dict[str, _Ways]:
    """From each of these objects through its charges and their intents to invoices."""
    ways = {}
    for row in rows:
        own = row.stripe_id if row.kind == ObjectKind.CHARGE else ""
        ways[row.stripe_id] = _Ways(
            {row.invoice} - {""}, {row.charge, own} - {""}, {row.intent} - {""}, {row.customer} - {""}
        )
    through = Q(stripe_id__in=_all(ways, "charges")) | Q(intent__in=_all(ways, "intents"))
    for charge, way in _met(ways, StripeObject.objects.filter(through, kind=ObjectKind.CHARGE), "stripe_id"):
        way.charges.add(charge.stripe_id)
        way.intents |= {charge.intent} - {""}
        way.invoices |= {charge.invoice} - {""}
        way.customers |= {charge.customer} - {""}
    through = Q(charge__in=_all(ways, "charges")) | Q(intent__in=_all(ways, "intents"))
    kinds = (ObjectKind.INVOICE, ObjectKind.INVOICE_PAYMENT)
    for head, way in _met(ways, StripeObject.objects.filter(through, kind__in=kinds), "charge"):
        way.invoices |= {head.invoice} - {""}
    return ways


def _met(ways: dict[str, _Ways], rows: "QuerySet[StripeObject]", charge: str) -> Iterator[tuple[StripeObject, _Ways]]:
    """Yield rows with each way that names their charge or their intent."""
    by_charge, by_intent = defaultdict(list), defaultdict(list)
    for row in rows.only("stripe_id", "invoice", "charge", "intent", "customer"):
        by_charge[getattr(row, charge)].append(row)
        by_intent[row.intent].append(row)
    for way in ways.values():
        met = [row for key in way.charges for row in by_charge[key]]
        met += [row for key in way.intents for row in by_intent[key]]
        yield from ((row, way) for row in met)


def _all(ways: dict[str, _Ways], name: str) -> set[str]:
    return {key for way in ways.values() for key in getattr(way, name)}


def _known(ways: Iterable[_Ways]) -> set[str]:
    keys = {key for way in ways for key in way.invoices}
    known = StripeObject.objects.filter(kind=ObjectKind.INVOICE, stripe_id__in=keys)
    return set(known.values_list("stripe_id", flat=True))


def _linked(ways: Iterable[_Ways]) -> set[str]:
    keys = {key for way in ways for key in way.customers}
    linked = StripeCustomer.objects.filter(place=Place.LINKED, stripe_id__in=keys)
    return set(linked.values_list("stripe_id", flat=True))
