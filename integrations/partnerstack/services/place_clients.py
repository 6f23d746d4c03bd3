"""Customers become referred clients."""

from collections import defaultdict
from datetime import date

from affiliates.models import Partner
from clients.models import Client
from clients.recording.stage import Table
from clients.services.record_facts import record_facts
from integrations.partnerstack.formats import Kind, Row, amount_of, clean, first_named
from integrations.partnerstack.models import Counterpart
from integrations.partnerstack.services.book import SOURCE, Book, fits_key
from integrations.partnerstack.services.place_partners import PartnerKeys
from referrals.companies import mail_domain

COLUMNS = ("client", "partner", "name", "domain", "closed_on")
OWN_KEYS = ("customer_key", "external_key", "source_key", "provider_key", "key")


def place_clients(book: Book, partners: PartnerKeys) -> None:
    """This function will make referred clients of customers that are not known here; known ones stay as they are.

    Customers of one partner with one key of the company's are one client, whether they come together or later.
    A client closed on the day on which the customer was made there, or paid first where that was before.
    """
    known = set(Counterpart.objects.filter(kind=Kind.CUSTOMERS).values_list("key", flat=True))
    clients = list(Client.objects.select_related("partner").only("reference", "domain", "partner__name"))
    by_reference = {client.reference.upper(): client for client in clients}
    by_domain = defaultdict(list)
    met = set(Counterpart.objects.filter(kind=Kind.CUSTOMERS).values_list("client", flat=True))
    for client in clients:
        if client.pk in met:
            continue
        by_domain[client.partner_id, client.domain].append(client)
    first_paid = _first_paid(book)
    taken, found, new, rows = set(by_reference), {}, {}, []
    begun: dict[str, tuple[str, Partner]] = {}  # Those of this import: their references and partners.
    for key, row in book.rows(Kind.CUSTOMERS):
        if key in known:
            book.mapped(Kind.CUSTOMERS)
            continue
        name = first_named(row, "name", "email", "customer_key") or key
        partner = partners.find(row)
        if partner is None:
            named = ", ".join(partners.named(row)[:2]) or "none"
            book.set_aside(Kind.CUSTOMERS, key, name, f"Its partner there ({named}) is none of ours")
            continue
        own_keys = [text for text in (clean(row.get(field)) for field in OWN_KEYS) if fits_key(text)]
        same = [by_reference[text.upper()] for text in own_keys if text.upper() in by_reference]
        domain = mail_domain(clean(row.get("email"), 254))
        alike = by_domain[partner.pk, domain] if domain else []
        same = same or (alike if len(alike) == 1 else [])
        free = [text for text in (own_keys[:1] + own_keys[-1:]) if text.upper() not in taken]
        closed_on = min(filter(None, (book.day_of(row.get("created_at")), *_paid(row, key, first_paid))), default=None)
        twin = begun.get(clean(row.get("customer_key")).upper())
        reference, owner = (same[0].reference, same[0].partner) if same else twin or ("", partner)
        if owner.pk != partner.pk:
            why = f"{reference} is a client of {owner} here; move it, or leave it"
            book.set_aside(Kind.CUSTOMERS, key, name, why)
        elif same:
            found[key] = same[0].pk
            book.mapped(Kind.CUSTOMERS)
        elif twin:
            new[key] = reference
            book.mapped(Kind.CUSTOMERS)
        elif closed_on is None:
            book.set_aside(Kind.CUSTOMERS, key, name, "It does not say when it was made")
        elif not free:
            book.set_aside(Kind.CUSTOMERS, key, name, "Its key is no key here")
        else:
            taken.add(free[0].upper())
            new[key], begun[free[0].upper()] = free[0], (free[0], partner)
            rows.append((free[0], partner.reference, name, domain, str(closed_on)))
            book.mapped(Kind.CUSTOMERS)
    if rows:
        record_facts(
            tables=[Table("clients", Kind.CUSTOMERS, COLUMNS, list(enumerate(rows, 1)))],
            source=SOURCE,
            by=book.by,
            at=book.at,
        )
    made = dict(Client.objects.filter(reference__in=new.values()).values_list("reference", "pk"))
    found |= {key: made[reference] for key, reference in new.items()}
    Counterpart.objects.bulk_create(
        Counterpart(kind=Kind.CUSTOMERS, key=key, client_id=client) for key, client in found.items()
    )


class ClientKeys:
    """Finds the client that a row of another kind names, by the customer's key there or by the company's own."""

    def __init__(self, book: Book) -> None:
        rows = Counterpart.objects.filter(kind=Kind.CUSTOMERS).select_related("client")
        self.clients: dict[str, Client] = {row.key: row.client for row in rows if row.client}
        aside = Book(book.by, book.at, book.program)
        for key, row in aside.rows(Kind.CUSTOMERS):
            other = clean(row.get("customer_key"))
            if key in self.clients and other:
                self.clients.setdefault(other, self.clients[key])

    def find(self, row: Row) -> Client | None:
        return next((self.clients[key] for key in customer_keys(row) if key in self.clients), None)


def customer_keys(row: Row) -> list[str]:
    """The keys by which a transaction, a lead or a reward names a customer, the surest first."""
    names = ("customer.key", "customer_key", "customer.customer_key", "customer.external_key", "customer")
    return [text for text in (first_named(row, name) for name in names) if text]


def _first_paid(book: Book) -> dict[str, date]:
    """The day of the first money of each customer, by whatever key a transaction names it."""
    aside = Book(book.by, book.at, book.program)
    first: dict[str, date] = {}
    for _, row in aside.rows(Kind.TRANSACTIONS):
        day, amount = book.day_of(row.get("created_at")), amount_of(row.get("amount"))
        if day and amount and amount > 0:
            for key in customer_keys(row):
                first[key] = min(first.get(key, day), day)
    return first


def _paid(row: Row, key: str, first_paid: dict[str, date]) -> list[date | None]:
    return [first_paid.get(key), first_paid.get(clean(row.get("customer_key")))]
