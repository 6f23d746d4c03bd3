from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models.functions import Upper

from affiliates.models import Program
from affiliates.services.open_batch import wait_for_turn
from clients.models import Client, Invoice, PaymentProblem, ProblemKind
from clients.services.record_payment_problem import record_payment_problem
from integrations.stripe.models import ObjectKind, Place, StripeCustomer, StripeObject
from integrations.stripe.recording.case import Case
from integrations.stripe.recording.cases import invoices_touched, read_cases
from integrations.stripe.recording.loose import loose_ends
from integrations.stripe.recording.record import facts_of, read_recorded, record
from integrations.stripe.services.follow_subscriptions import follow_subscriptions
from integrations.stripe.services.keep_findings import keep_findings
from integrations.stripe.services.settle_words import settle_words

AT_ONCE = 2000  # Invoices of one recording.
TOLD_FOR = timedelta(days=30)  # A failure or dispute that is older is no news: the partner is not told of it.
GOODS = (ObjectKind.PRODUCT, ObjectKind.PRICE)
NAMES_A_CLIENT = """
    SELECT customer.id, customer.stripe_id FROM stripe_stripecustomer AS customer
    CROSS JOIN unnest(customer."references") AS word
    JOIN clients_client AS client ON upper(client.reference) = word COLLATE "C"
    WHERE customer.place <> 'linked'
"""


def work_objects(*, objects: Iterable[StripeObject], at: datetime) -> dict[str, int]:
    """This function will record what follows from objects that are new or newer; rows of facts that are new, by kind.

    Call it in a transaction, with the turn of working events.
    """
    objects = list(objects)
    customers = {each.customer for each in objects if each.customer}
    newly = link_by_reference(customers=customers, at=at)
    touched = invoices_touched(objects)
    written = work_invoices(invoices=touched, customers=newly, at=at)
    ended = {each.customer for each in objects if each.kind == ObjectKind.SUBSCRIPTION} | newly
    for kind, rows in follow_subscriptions(customers=ended, at=at).items():
        written[kind] = written.get(kind, 0) + rows
    settle_words(goods=[each for each in objects if each.kind in GOODS], at=at)
    list_loose_ends(objects=objects, customers=newly, at=at)
    return written


def list_loose_ends(*, objects: Iterable[StripeObject], customers: Collection[str], at: datetime) -> None:
    """This function will list money of these objects and customers that no invoice is known for."""
    about, found = loose_ends(objects, customers)
    keep_findings(about=about, found=found, at=at)


def link_by_reference(*, customers: Collection[str] | None, at: datetime) -> set[str]:
    """This function will link customers whose billing reference a client has, and give the ids of those that are new.

    With None it looks at all: a client may come after its customer. A person's own link stays as it is.
    """
    if customers is None:
        customers = {row.stripe_id for row in StripeCustomer.objects.raw(NAMES_A_CLIENT)}
    rows = StripeCustomer.objects.exclude(place=Place.LINKED).filter(stripe_id__in=customers).order_by("stripe_id")
    by_word = [(word, row) for row in rows for word in row.references]
    clients = Client.objects.annotate(word=Upper("reference")).filter(word__in={word for word, _ in by_word})
    of_word = {client.word: client for client in clients}
    linked = set()
    for word, row in by_word:
        if word in of_word and row.stripe_id not in linked:
            row.client, row.place, row.placed_at, row.placed_by = of_word[word], Place.LINKED, at, None
            row.save(update_fields=["client", "place", "placed_at", "placed_by"])
            linked.add(row.stripe_id)
    return linked


def work_invoices(*, invoices: Collection[str], customers: Collection[str], at: datetime) -> dict[str, int]:
    """This function will record what follows from invoices, and from all invoices of customers, if linked."""
    written: dict[str, int] = {}
    of_customers = StripeObject.objects.filter(kind=ObjectKind.INVOICE, customer__in=customers)
    keys = sorted({*invoices, *of_customers.values_list("stripe_id", flat=True)})
    for first in range(0, len(keys), AT_ONCE):
        for kind, rows in _work_some(keys[first : first + AT_ONCE], at).items():
            written[kind] = written.get(kind, 0) + rows
    return written


def _work_some(keys: Sequence[str], at: datetime) -> dict[str, int]:
    program = Program.current()
    owners = _owners(keys)
    if not owners:
        return {}
    references = {key: client.reference for key, (_, client) in owners.items()}
    cases = read_cases(references, ZoneInfo(program.time_zone))
    facts = [facts_of(case, program.currency) for case in cases]
    wait_for_turn()
    known = read_recorded(facts)
    facts = [each.without(known) for each in facts]
    written = record(facts, at)
    for case in cases:
        _tell_of_problems(case, owners[case.invoice.id][1], program.day(at), at)
    found = [
        (case.invoice.id, owners[case.invoice.id][0], each)
        for case, of_case in zip(cases, facts, strict=True)
        for each in of_case.found
    ]
    keep_findings(about=[case.invoice.id for case in cases], found=found, at=at)
    return written


def _owners(keys: Sequence[str]) -> dict[str, tuple[str, Client]]:
    """For each invoice of a linked customer the customer's id and the client."""
    rows = StripeObject.objects.filter(kind=ObjectKind.INVOICE, stripe_id__in=keys).exclude(customer="")
    customer_of = dict(rows.values_list("stripe_id", "customer"))
    linked = StripeCustomer.objects.filter(place=Place.LINKED, stripe_id__in=set(customer_of.values()))
    clients = {row.stripe_id: row.client for row in linked.select_related("client") if row.client}
    return {key: (customer, clients[customer]) for key, customer in customer_of.items() if customer in clients}


# -- Payment problems -------------------------------------------------------------------------------------


def _problems(case: Case) -> Iterator[tuple[str, ProblemKind, int, str]]:
    """Yield the failures and disputes of an invoice: key, kind, moment, and what the partner reads of it."""
    for name, seconds in case.marks_of(case.invoice.id).items():
        if name.startswith("failed:"):
            yield f"stripe:{case.invoice.id}:{name}"[:120], ProblemKind.FAILED, seconds, ""
    for dispute in case.disputes:
        said = dispute.reason.replace("_", " ")
        note = f"The bank gives the reason “{said[:100]}”." if said else ""
        yield f"stripe:{dispute.id}"[:120], ProblemKind.DISPUTED, dispute.created, note


def _tell_of_problems(case: Case, client: Client, today: date, at: datetime) -> None:
    oldest = at - TOLD_FOR
    news = [each for each in _problems(case) if oldest <= datetime.fromtimestamp(each[2], UTC)]
    if not news:
        return
    known = set(PaymentProblem.objects.filter(key__in=[each[0] for each in news]).values_list("key", flat=True))
    invoice = Invoice.objects.filter(reference=case.invoice.id, client=client).first()
    for key, kind, seconds, note in news:
        if key not in known:
            record_payment_problem(
                client=client, kind=kind, occurred_on=min(case.day(seconds), today), key=key, by=None, at=at,
                invoice=invoice, note=note,
            )  # fmt: skip
