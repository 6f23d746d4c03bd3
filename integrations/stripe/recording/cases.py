"""Reads what is known of invoices: their payments, refunds and disputes, found through each other's ids."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from zoneinfo import ZoneInfo

from django.db.models import Q

from clients.models.category import Category
from integrations.stripe.models import CategoryRule, ObjectKind, StripeObject
from integrations.stripe.recording.case import Case
from integrations.stripe.shapes import (
    Line,
    StripeInvoice,
    from_charge,
    from_credit_note,
    from_dispute,
    from_goods,
    from_invoice,
    from_invoice_payment,
    from_refund,
)

WORD_LENGTH = 64
NO_PRODUCT = "no_product"
Objects = Iterable[StripeObject]


def invoices_touched(objects: Objects) -> set[str]:
    """The ids of the invoices that objects belong to, as far as that is known yet."""
    found, charges, intents = set(), set(), set()
    for each in objects:
        if each.invoice:
            found.add(each.invoice)
        if each.kind in (ObjectKind.CHARGE, ObjectKind.REFUND, ObjectKind.DISPUTE):
            charges.add(each.charge)
            intents.add(each.intent)
    charges.discard("")
    intents.discard("")
    if charges:
        rows = StripeObject.objects.filter(kind=ObjectKind.CHARGE, stripe_id__in=charges)
        for invoice, intent in rows.values_list("invoice", "intent"):
            found.add(invoice)
            intents.add(intent)
    if charges or intents:
        kinds = (ObjectKind.INVOICE, ObjectKind.INVOICE_PAYMENT)
        through = Q(charge__in=charges) | Q(intent__in=intents - {""})
        found.update(StripeObject.objects.filter(through, kind__in=kinds).values_list("invoice", flat=True))
    return found - {""}


def read_cases(invoices: dict[str, str], zone: ZoneInfo) -> list[Case]:
    """This function will read cases of issued invoices; `invoices` gives the billing reference of each one's client."""
    rows = StripeObject.objects.filter(kind=ObjectKind.INVOICE, stripe_id__in=invoices.keys()).order_by("stripe_id")
    heads = {row.stripe_id: (_head(row), row) for row in rows}
    heads = {key: head for key, head in heads.items() if head[0].is_final}
    of_invoice = _by(StripeObject.objects.filter(
        kind__in=(ObjectKind.INVOICE_PAYMENT, ObjectKind.CREDIT_NOTE, ObjectKind.CHARGE), invoice__in=heads.keys()
    ), "invoice")  # fmt: skip
    reached = _Reached(heads.values(), of_invoice)
    category = category_of([invoice for invoice, _ in heads.values()])
    cases = []
    for key, (invoice, row) in heads.items():
        own = {each.stripe_id: each for each in (row, *of_invoice[key], *reached.of(row, of_invoice[key]))}
        cases.append(_case(invoice, invoices[key], zone, category, list(own.values())))
    return cases


def _head(row: StripeObject) -> StripeInvoice:
    """The invoice as it is now, with the charge and intent that an older shape of it named."""
    invoice = from_invoice(row.data)
    return replace(invoice, charge=invoice.charge or row.charge, intent=invoice.intent or row.intent)


def category_of(invoices: Iterable[StripeInvoice]) -> Callable[[Line], str]:
    """What gives a line of these invoices its category: metadata first, then the rule of its price, of its product.

    A line that nothing says anything of keeps the id of its product as a word, for finance to map.
    """
    goods = {key for invoice in invoices for line in invoice.lines for key in (line.price, line.product) if key}
    rules = dict(CategoryRule.objects.filter(stripe_id__in=goods).values_list("stripe_id", "category"))
    kinds = (ObjectKind.PRODUCT, ObjectKind.PRICE)
    known = StripeObject.objects.filter(stripe_id__in=goods, kind__in=kinds)
    said = {row.stripe_id: from_goods(row.data).category for row in known}

    def category(line: Line) -> str:
        word = line.category or said.get(line.price) or said.get(line.product)
        if word:
            return as_category(word)
        ruled = rules.get(line.price) or rules.get(line.product)
        return ruled or word_of(line.product or line.price)

    return category


def as_category(word: str) -> str:
    """A word of metadata as a category: one of ours however it is written, else as it stands."""
    plain = word.casefold().replace("-", "_").replace(" ", "_")
    return plain if plain in Category.values else word[:WORD_LENGTH].strip()


def word_of(goods: str) -> str:
    """The word under which a product or price that nobody mapped stands in the facts."""
    return f"stripe:{goods or NO_PRODUCT}"[:WORD_LENGTH]


class _Reached:
    """Charges, refunds and disputes by the charges and payment intents of invoices."""

    def __init__(self, heads: Iterable[tuple[StripeInvoice, StripeObject]], of_invoice: dict[str, list[StripeObject]]):
        given = [row for _, row in heads]
        given += [row for rows in of_invoice.values() for row in rows]
        charges, intents = _ids(given)
        found = StripeObject.objects.filter(kind=ObjectKind.CHARGE).filter(
            Q(stripe_id__in=charges) | Q(intent__in=intents)
        )
        self.charges = list(found)
        more_charges, more_intents = _ids(self.charges)
        kinds = (ObjectKind.REFUND, ObjectKind.DISPUTE)
        through = Q(charge__in=charges | more_charges) | Q(intent__in=intents | more_intents)
        self.reversals = list(StripeObject.objects.filter(through, kind__in=kinds))
        self.by_charge, self.by_intent = _by(self.charges, "charge"), _by(self.charges, "intent")
        self.back_by_charge, self.back_by_intent = _by(self.reversals, "charge"), _by(self.reversals, "intent")

    def of(self, row: StripeObject, others: list[StripeObject]) -> list[StripeObject]:
        charges, intents = _ids([row, *others])
        found = [each for key in charges for each in self.by_charge[key]]
        found += [each for key in intents for each in self.by_intent[key]]
        more_charges, more_intents = _ids(found)
        found += [each for key in charges | more_charges for each in self.back_by_charge[key]]
        found += [each for key in intents | more_intents for each in self.back_by_intent[key]]
        return found


def _ids(rows: Objects) -> tuple[set[str], set[str]]:
    charges, intents = set(), set()
    for row in rows:
        charges.add(row.charge)
        intents.add(row.intent)
    return charges - {""}, intents - {""}


def _by(rows: Objects, name: str) -> dict[str, list[StripeObject]]:
    found: dict[str, list[StripeObject]] = defaultdict(list)
    for row in rows:
        found[getattr(row, name)].append(row)
    return found


def _case(
    invoice: StripeInvoice,
    client: str,
    zone: ZoneInfo,
    category: Callable[[Line], str],
    rows: list[StripeObject],
) -> Case:
    rows.sort(key=lambda row: row.stripe_id)
    of: dict[str, list[StripeObject]] = _by(rows, "kind")
    return Case(
        invoice=invoice,
        client=client,
        zone=zone,
        category=category,
        payments=tuple(from_invoice_payment(row.data) for row in of[ObjectKind.INVOICE_PAYMENT]),
        charges=tuple(from_charge(row.data) for row in of[ObjectKind.CHARGE]),
        refunds=tuple(from_refund(row.data) for row in of[ObjectKind.REFUND]),
        notes=tuple(from_credit_note(row.data) for row in of[ObjectKind.CREDIT_NOTE]),
        disputes=tuple(from_dispute(row.data) for row in of[ObjectKind.DISPUTE]),
        marks={row.stripe_id: row.marks for row in rows},
    )
