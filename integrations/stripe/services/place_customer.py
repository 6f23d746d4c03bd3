from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit
from clients.models import Client
from integrations.stripe.models import Place, StripeCustomer
from integrations.stripe.services.follow_subscriptions import follow_subscriptions
from integrations.stripe.services.take_turn import wait_for_my_turn
from integrations.stripe.services.work_invoices import list_loose_ends, work_invoices


class IsLinked(Exception):
    """The customer is a referred client already, and facts of it are recorded under that client; they stay."""

    def __init__(self, customer: StripeCustomer) -> None:
        super().__init__(f"{customer} is linked to {customer.client}, and what was recorded there stays")


@needs(Right.MAP_CATEGORIES)
def link_customer(*, customer: StripeCustomer, client: Client, by: User | None, at: datetime) -> dict[str, int]:
    """This function will say that a customer of Stripe is a referred client, and record all that is known of it.

    It gives the rows of facts that are new, by kind.

    :raises IsLinked: the customer is another client already
    """
    with transaction.atomic():
        locked = _locked(customer)
        if locked.place == Place.LINKED and locked.client_id != client.pk:
            raise IsLinked(locked)
        _put(locked, Place.LINKED, client, by, at)
        written = work_invoices(invoices=(), customers=[locked.stripe_id], at=at)
        for kind, rows in follow_subscriptions(customers=[locked.stripe_id], at=at).items():
            written[kind] = written.get(kind, 0) + rows
        list_loose_ends(objects=(), customers=[locked.stripe_id], at=at)
        subject = f"Stripe customer {locked.stripe_id}"[:120]
        write_audit(by=by, at=at, action="stripe customer linked", subject=subject, client=client.reference)
    return written


@needs(Right.MAP_CATEGORIES)
def leave_customer(*, customer: StripeCustomer, by: User | None, at: datetime) -> None:
    """This function will say that a customer came by itself: it is suggested no more.

    :raises IsLinked: the customer is a referred client already
    """
    _place_apart(customer, Place.NOT_REFERRED, "stripe customer not referred", by, at)


@needs(Right.MAP_CATEGORIES)
def open_customer(*, customer: StripeCustomer, by: User | None, at: datetime) -> None:
    """This function will take back that a customer came by itself.

    :raises IsLinked: the customer is a referred client already
    """
    _place_apart(customer, Place.OPEN, "stripe customer opened", by, at)


def _place_apart(customer: StripeCustomer, place: Place, action: str, by: User | None, at: datetime) -> None:
    with transaction.atomic():
        locked = _locked(customer)
        if locked.place == Place.LINKED:
            raise IsLinked(locked)
        _put(locked, place, None, by, at)
        write_audit(by=by, at=at, action=action, subject=f"Stripe customer {locked.stripe_id}"[:120])


def _locked(customer: StripeCustomer) -> StripeCustomer:
    wait_for_my_turn()
    rows = StripeCustomer.objects.select_for_update(no_key=True, of=("self",)).select_related("client")
    return rows.get(pk=customer.pk)


def _put(customer: StripeCustomer, place: Place, client: Client | None, by: User | None, at: datetime) -> None:
    customer.place, customer.client, customer.placed_by, customer.placed_at = place, client, by, at
    customer.save(update_fields=["place", "client", "placed_by", "placed_at"])
