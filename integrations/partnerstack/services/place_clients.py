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
    customers = _Customers(book, partners)
    for key, row in book.rows(Kind.CUSTOMERS):
        why = "" if key in known else customers.place(key, row)
        if why:
            book.set_aside(Kind.CUSTOMERS, key, _name_of(row, key), why)
        else:
            book.mapped(Kind.CUSTOMERS)
    customers.keep()


class _Customers:
    """The customers of one import: those that are clients here already, and those that become one."""

    def __init__(self, book: Book, partners: PartnerKeys) -> None:
        self.book, self.partners, self.first_paid = book, partners, _first_paid(book)
        clients = list(Client.objects.select_related("partner").only("reference", "domain", "partner__name"))
        self.by_reference = {client.reference.upper(): client for client in clients}
        met = set(Counterpart.objects.filter(kind=Kind.CUSTOMERS).values_list("client", flat=True))
        self.by_domain: dict[tuple[int, str], list[Client]] = defaultdict(list)
        for client in clients:
            if client.pk not in met:
                self.by_domain[client.partner_id, client.domain].append(client)
        self.taken = set(self.by_reference)
        self.found: dict[str, int] = {}  # Clients that are here, by the customer's key.
        self.new: dict[str, str] = {}  # References of those that are made, by the customer's key.
        self.begun: dict[str, tuple[str, Partner]] = {}  # Those of this import: their references and partners.
        self.rows: list[tuple[str, ...]] = []

    def place(self, key: str, row: Row) -> str:
        """This function will say which client a customer is or becomes; the answer is why it is none."""
        partner = self.partners.find(row)
        if partner is None:
            named = ", ".join(self.partners.named(row)[:2]) or "none"
            return f"Its partner there ({named}) is none of ours"
        own_keys = [text for text in (clean(row.get(field)) for field in OWN_KEYS) if fits_key(text)]
        same, twin = self._same(row, own_keys, partner), self.begun.get(clean(row.get("customer_key")).upper())
        reference, owner = (same.reference, same.partner) if same else twin or ("", partner)
        if owner.pk != partner.pk:
            return f"{reference} is a client of {owner} here; move it, or leave it"
        if same:
            self.found[key] = same.pk
        elif twin:
            self.new[key] = reference
        else:
            return self._begin(key, row, own_keys, partner)
        return ""

    def keep(self) -> None:
        """This function will make the clients that are to be made, and remember which customer is which client."""
        if self.rows:
            record_facts(
                tables=[Table("clients", Kind.CUSTOMERS, COLUMNS, list(enumerate(self.rows, 1)))],
                source=SOURCE,
                by=self.book.by,
                at=self.book.at,
            )
        made = dict(Client.objects.filter(reference__in=self.new.values()).values_list("reference", "pk"))
        clients = self.found | {key: made[reference] for key, reference in self.new.items()}
        Counterpart.objects.bulk_create(
            Counterpart(kind=Kind.CUSTOMERS, key=key, client_id=client) for key, client in clients.items()
        )

    def _same(self, row: Row, own_keys: list[str], partner: Partner) -> Client | None:
        """The client that has one of a customer's keys, or alone of its partner's has its domain."""
        named = next((self.by_reference[text.upper()] for text in own_keys if text.upper() in self.by_reference), None)
        domain = _domain_of(row)
        alike = self.by_domain[partner.pk, domain] if domain else []
        return named or (alike[0] if len(alike) == 1 else None)

    def _begin(self, key: str, row: Row, own_keys: list[str], partner: Partner) -> str:
        """This function will have a customer become a client; the answer is why it does not."""
        days = (self.book.day_of(row.get("created_at")), *_paid(row, key, self.first_paid))
        closed_on = min(filter(None, days), default=None)
        reference = next((text for text in own_keys[:1] + own_keys[-1:] if text.upper() not in self.taken), "")
        if closed_on is None:
            return "It does not say when it was made"
        if not reference:
            return "Its key is no key here"
        self.taken.add(reference.upper())
        self.new[key], self.begun[reference.upper()] = reference, (reference, partner)
        self.rows.append((reference, partner.reference, _name_of(row, key), _domain_of(row), str(closed_on)))
        return ""


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


def _name_of(row: Row, key: str) -> str:
    return first_named(row, "name", "email", "customer_key") or key


def _domain_of(row: Row) -> str:
    return mail_domain(clean(row.get("email"), 254))
