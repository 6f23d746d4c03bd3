"""Transactions become invoices of one line that were paid the day they were made, and refunds of such payments."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models.functions import Upper

from affiliates.money import show_money
from clients.models import Client, Invoice, Reversal
from clients.recording.stage import Table
from clients.services.record_facts import record_facts
from integrations.partnerstack.formats import Kind, Row, amount_of, clean, first_named
from integrations.partnerstack.services.book import AT_ONCE, SOURCE, Book, fits_key
from integrations.partnerstack.services.place_clients import ClientKeys, customer_keys

NO_PRODUCT = "PartnerStack without product"
WORD_LENGTH = 64
NEAR = timedelta(days=3)  # So near by day an equal amount of another source is taken for the same money.
INVOICES = ("invoice", "client", "issued_on", "line", "category", "amount", "service_from", "service_months")
PAYMENTS = ("payment", "invoice", "amount", "received_on")
REVERSALS = ("reversal", "payment", "kind", "amount", "occurred_on")


@dataclass(slots=True)
class Money:
    """A transaction that has its form; `left` is what of it was not given back yet."""

    key: str
    client: Client
    day: date
    amount: Decimal
    word: str
    left: Decimal


def place_money(book: Book, clients: ClientKeys) -> None:
    """This function will record transactions that are not recorded yet. What was recorded stays as it is.

    The category is the product's word, or `metadata.category`; finance maps words that are none of the program's.
    Money below zero is a refund: of the newest earlier payment of the client for the same product with that amount,
    else of the newest that has so much left.
    """
    found = sorted(_well_formed(book, clients), key=lambda each: (each.day, each.amount < 0, each.key))
    recorded = _recorded([each.key for each in found])
    refunds = _refunds([each.key for each in found])
    elsewhere = _elsewhere({each.client.pk for each in found}, set(recorded))
    paid: dict[tuple[int, str], list[Money]] = defaultdict(list)
    invoices, payments, reversals = [], [], []
    for each in found:
        place = (each.client.pk, each.word)
        if each.amount < 0:
            original = _original(each, paid[place], refunds.get(each.key.upper()))
            if original is None:
                why = f"No earlier payment of {each.client} for “{each.word}” has {show_money(-each.amount)} left"
                book.set_aside(Kind.TRANSACTIONS, each.key, each.client.name, why)
                continue
            original.left += each.amount
            if each.key.upper() not in refunds:
                reversals.append((each.key, original.key, "refund", str(-each.amount), str(each.day)))
        elif (known := recorded.get(each.key.upper())) is not None:
            if known != (each.client.pk, each.amount, each.day):
                what = f"{show_money(known[1])} of {known[2]}"
                why = f"It was recorded with {what}, and changed there; what is recorded stays"
                book.set_aside(Kind.TRANSACTIONS, each.key, each.client.name, why)
                paid[place].append(each)
                continue
            paid[place].append(each)
        elif other := _same_elsewhere(each, elsewhere):
            why = f"Invoice {other} of the same client and amount is recorded from elsewhere; it is the same money"
            book.set_aside(Kind.TRANSACTIONS, each.key, each.client.name, why)
            continue
        else:
            day, amount = str(each.day), str(each.amount)
            invoices.append((each.key, each.client.reference, day, "1", each.word, amount, day, "1"))
            payments.append((each.key, each.key, amount, day))
            paid[place].append(each)
        book.mapped(Kind.TRANSACTIONS)
    tables = [
        Table("invoices", Kind.TRANSACTIONS, INVOICES, list(enumerate(invoices, 1))),
        Table("payments", Kind.TRANSACTIONS, PAYMENTS, list(enumerate(payments, 1))),
        Table("reversals", Kind.TRANSACTIONS, REVERSALS, list(enumerate(reversals, 1))),
    ]
    if invoices or reversals:
        record_facts(tables=tables, source=SOURCE, by=book.by, at=book.at)


def word_of(row: Row) -> str:
    """What a transaction calls what was paid for."""
    return first_named(row, "metadata.category", "product_key", "category_key", most=WORD_LENGTH) or NO_PRODUCT


def _well_formed(book: Book, clients: ClientKeys) -> Iterator[Money]:
    taken: set[str] = set()
    for key, row in book.rows(Kind.TRANSACTIONS):
        client, amount, day = clients.find(row), amount_of(row.get("amount")), book.day_of(row.get("created_at"))
        currency = clean(row.get("currency")).upper() or book.program.currency
        why = ""
        if currency != book.program.currency:
            why = f"Its money is in {currency[:20]}, the program’s in {book.program.currency}"
        elif row.get("approved") is False:
            why = "It is not approved there, so its money is taken for not received"
        elif amount is None:
            why = "Its amount is no whole number of cents, or has more than ten digits before the point"
        elif amount == 0:
            why = "It is of 0.00, which is no money"
        elif day is None:
            why = "It does not say when it was made"
        elif client is None:
            why = f"Its customer there ({', '.join(customer_keys(row)[:2]) or 'none'}) is no client here"
        elif not fits_key(key) or key.upper() in taken:
            why = "Its key is no key here, or another transaction has it"
        if why:
            book.set_aside(Kind.TRANSACTIONS, key, first_named(row, "customer.name", "customer.email"), why)
        elif client is not None and amount is not None and day is not None:
            taken.add(key.upper())
            yield Money(key, client, day, amount, word_of(row), amount)


def _original(refund: Money, paid: Sequence[Money], known: str | None) -> Money | None:
    """The payment that a refund gives back: the one that is recorded, else the one that it fits."""
    if known is not None:
        return next((each for each in paid if each.key == known), None) or Money(
            known, refund.client, refund.day, -refund.amount, refund.word, -refund.amount
        )
    fitting = [each for each in reversed(paid) if each.left >= -refund.amount]
    return next((each for each in fitting if each.left == -refund.amount), fitting[0] if fitting else None)


def _recorded(keys: Sequence[str]) -> dict[str, tuple[int, Decimal, date]]:
    found: dict[str, tuple[int, Decimal, date]] = {}
    for part in _parts(keys):
        rows = Invoice.objects.alias(shouted=Upper("reference")).filter(shouted__in=part)
        for reference, client, total, day in rows.values_list("reference", "client", "total", "issued_on"):
            found[reference.upper()] = (client, total, day)
    return found


def _refunds(keys: Sequence[str]) -> dict[str, str]:
    """The payments that recorded refunds are of."""
    found: dict[str, str] = {}
    for part in _parts(keys):
        rows = Reversal.objects.alias(shouted=Upper("reference")).filter(shouted__in=part)
        found |= {key.upper(): payment for key, payment in rows.values_list("reference", "payment__reference")}
    return found


def _elsewhere(clients: set[int], own: set[str]) -> dict[tuple[int, Decimal], list[tuple[date, str]]]:
    """What other sources recorded of these clients, by client and amount."""
    found = defaultdict(list)
    for part in _numbers(clients):
        rows = Invoice.objects.filter(client__in=part, total__gt=0).order_by("issued_on", "pk")
        for reference, client, total, day in rows.values_list("reference", "client", "total", "issued_on"):
            if reference.upper() not in own:
                found[client, total].append((day, reference))
    return found


def _same_elsewhere(each: Money, elsewhere: dict[tuple[int, Decimal], list[tuple[date, str]]]) -> str:
    others = elsewhere.get((each.client.pk, each.amount), [])
    for place, (day, reference) in enumerate(others):
        if abs(day - each.day) <= NEAR:
            del others[place]
            return reference
    return ""


def _parts(keys: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(keys), AT_ONCE):
        yield [key.upper() for key in keys[start : start + AT_ONCE]]


def _numbers(keys: set[int]) -> Iterator[list[int]]:
    ordered = sorted(keys)
    for start in range(0, len(ordered), AT_ONCE):
        yield ordered[start : start + AT_ONCE]
