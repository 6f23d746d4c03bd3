"""What was paid in PartnerStack, and the money here that it was paid for."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.db.models import F, Q, Sum

from affiliates.models import Partner, Program
from affiliates.money import ZERO
from affiliates.months import month_of
from clients.models import CategoryMapping, Client, InvoiceLine, Reversal, Slice
from clients.models.category import Category
from integrations.partnerstack.formats import Kind, Row, amount_of, clean, first_named
from integrations.partnerstack.models import Counterpart, Unplaced
from integrations.partnerstack.services.book import AT_ONCE, Book
from integrations.partnerstack.services.place_partners import PartnerKeys

# What the states of a reward there mean: that it was paid or is owed for good, that it comes, that it never does.
PAID = {"approved", "paid", "available", "withdrawn", "in_transit", "paid_externally", "processing"}
COMING = {"scheduled", "pending", "queued", "on_hold", "hold"}


@dataclass(slots=True)
class Paid:
    """A reward of PartnerStack: for what it was, or in `why` why that is nothing here; money is 0 where it is not paid.

    `month` is that of the transaction that it is for, else its own.
    """

    key: str
    partner: Partner | None
    who: str
    month: date
    amount: Decimal
    scheduled: Decimal
    transaction: str = ""
    client: Client | None = None
    why: str = ""
    why_kind: str = ""


@dataclass(frozen=True, slots=True)
class Received:
    """A transaction that is recorded here; `earns` says whether it is for a subscription."""

    key: str
    amount: Decimal
    word: str
    earns: bool


@dataclass
class Money:
    """A client's money of a month: PartnerStack's transactions, and the subscription money from everywhere."""

    received: list[Received] = field(default_factory=list)
    gross: Decimal = ZERO
    late: Decimal = ZERO  # What of `gross` was received after the partnership ended.


@dataclass
class Gathered:
    """Everything that a comparison reads, by partner, client and month where it is of one."""

    paid: list[Paid]
    money: dict[tuple[int, int, date], Money]
    reversed: set[tuple[int, int, date]]
    names: dict[int, str]
    clients: dict[int, Client]
    on: date

    def why_not(self, key: tuple[int, int, date]) -> str:
        """Why money of a client's month does not count here."""
        client, month = self.clients[key[1]], key[2]
        ended = client.partner.terminated_on
        if client.canceled_on and month > month_of(client.canceled_on):
            return f"{client} cancelled on {client.canceled_on:%-d %B %Y} (B, cancellations)."
        if ended and month >= month_of(ended):
            return f"The partnership ended on {ended:%-d %B %Y} (10, termination)."
        if client.closed_on > self.on or client.partner.joined_on > self.on:
            return f"{client} or its partner begins later than the month that is reckoned."
        return f"No subscription money of {client} is recorded for the month."


def gather(program: Program, at: datetime) -> Gathered:
    """This function will read what a comparison needs; the number of queries does not grow with the rewards' number."""
    book = Book(None, at, program)
    partners = PartnerKeys(book)
    placed = Counterpart.objects.filter(client__isnull=False).values("client")
    ours = Q(partner__in={partner.pk for partner in partners.partners.values()}) | Q(pk__in=placed)
    clients = {client.pk: client for client in Client.objects.filter(ours).select_related("partner")}
    transactions = {key: book.day_of(row.get("created_at")) for key, row in book.rows(Kind.TRANSACTIONS)}
    money, places = _money(list(transactions), clients)
    reversed_, refunds = _reversals(list(transactions), places)
    aside = dict(Unplaced.objects.filter(kind=Kind.TRANSACTIONS).values_list("key", "why"))
    paid = []
    for key, row in book.rows(Kind.REWARDS):
        amount, state = amount_of(row.get("amount")), _state(row)
        made_on = book.day_of(row.get("created_at"))
        transaction = first_named(row, "transaction.key", "transaction_key", "transaction")
        refunded = refunds.get(transaction, transaction)
        for_day = transactions.get(refunded) or transactions.get(transaction) or made_on
        currency = clean(row.get("currency")).upper() or program.currency
        if amount is None or for_day is None or made_on is None or currency != program.currency:
            continue
        partner = partners.find(row)
        each = Paid(
            key=key,
            partner=partner,
            who=f"{next(iter(partners.named(row)), 'no key')} (there)",
            month=month_of(for_day),
            amount=amount if state in PAID else ZERO,
            scheduled=amount if state in COMING else ZERO,
            transaction=refunded,
        )
        place = places.get(refunded)
        if place is not None:
            each.client, each.month = clients[place[0]], place[1]
        each.why, each.why_kind = _why(each, row, transaction, aside)
        paid.append(each)
    names = {key: client.name for key, client in clients.items()}
    return Gathered(paid, money, reversed_, names, clients, program.day(at))


def rewards_read(book: Book) -> Iterator[tuple[str, str, str]]:
    """Yield each reward's key and name with why a comparison cannot take it for paid; empty where it can."""
    for key, row in book.rows(Kind.REWARDS):
        state, currency = _state(row), clean(row.get("currency")).upper()
        why = ""
        if amount_of(row.get("amount")) is None:
            why = "Its amount is no whole number of cents, or has more than ten digits before the point"
        elif book.day_of(row.get("created_at")) is None:
            why = "It does not say when it was made"
        elif state not in PAID | COMING:
            why = f"Its status there is “{state[:60]}”, so it is not taken for paid"
        elif currency and currency != book.program.currency:
            why = f"It is in {currency[:20]}, the program’s money in {book.program.currency}"
        yield key, first_named(row, "description"), why


def _state(row: Row) -> str:
    return first_named(row, "reward_status", "status").lower() or "approved"


def _why(each: Paid, row: Row, transaction: str, aside: dict[str, str]) -> tuple[str, str]:
    if each.partner is None:
        return f"The partnership {each.who.removesuffix(' (there)')} is no partner here.", "unknown_partner"
    if each.client is not None:
        return "", ""
    if not transaction:
        told = first_named(row, "description", "trigger.name", "action.name", "offer.name", most=120)
        said = f"“{told}”" if told else "A reward without a transaction"
        return f"{said} was paid there; the Agreement pays a share of money received and nothing else (B).", "no_money"
    why = aside.get(transaction, "PartnerStack did not give it")
    return f"Transaction {transaction} is not recorded here: {why}.", "not_recorded"


def _money(
    keys: Sequence[str], clients: dict[int, Client]
) -> tuple[dict[tuple[int, int, date], Money], dict[str, tuple[int, date]]]:
    """The recorded transactions of each client's month, and each one's client and month."""
    mapped = dict(CategoryMapping.objects.values_list("word", "category"))
    money: dict[tuple[int, int, date], Money] = defaultdict(Money)
    places = {}
    for start in range(0, len(keys), AT_ONCE):
        lines = InvoiceLine.objects.filter(invoice__reference__in=keys[start : start + AT_ONCE])
        rows = lines.values_list("invoice__reference", "invoice__client", "invoice__issued_on", "category", "amount")
        for key, client, day, word, amount in rows:
            if client in clients:
                places[key] = (client, month_of(day))
                category = mapped.get(word, word)
                known = Category(category).label.lower() if category in Category.values else f"“{word}”, not mapped yet"
                received = Received(key, amount, known, category == Category.SUBSCRIPTION)
                money[clients[client].partner_id, client, month_of(day)].received.append(received)
    is_late = Q(collected_on__gt=F("client__partner__terminated_on"))
    slices = Slice.objects.filter(client__in=clients).values_list("client", "service_month").order_by()
    for client, month, gross, late in slices.annotate(gross=Sum("amount"), late=Sum("amount", filter=is_late)):
        place = money[clients[client].partner_id, client, month]
        place.gross, place.late = gross, late or ZERO
    return dict(money), places


def _reversals(
    keys: Sequence[str], places: dict[str, tuple[int, date]]
) -> tuple[set[tuple[int, int, date]], dict[str, str]]:
    """The client's months of which money went back, and the transactions whose money that was, by the refund's."""
    back = Reversal.objects.values_list(
        "payment__invoice__client__partner", "payment__invoice__client", "payment__invoice__slices__service_month"
    )
    months = {(partner, client, month) for partner, client, month in back.distinct()}
    refunds: dict[str, str] = {}
    for start in range(0, len(keys), AT_ONCE):
        rows = Reversal.objects.filter(reference__in=keys[start : start + AT_ONCE])
        refunds.update(rows.values_list("reference", "payment__reference"))
    return months, refunds
