"""Whose something is, and what for: customers, subscriptions, products and prices."""

from dataclasses import dataclass

from integrations.stripe.shapes.values import LONGEST, Data, category, id_of, moment, needed, part, text
from referrals.companies import mail_domain, own_domain

REFERENCES = ("client", "billing_reference")  # The words of a customer's metadata that name its client.


@dataclass(frozen=True, slots=True)
class Customer:
    id: str
    name: str
    email: str
    domain: str
    references: tuple[str, ...]


def from_customer(data: Data) -> Customer:
    said = part(data, "metadata")
    key, email = needed(id_of(data, "id"), "id"), text(data, "email")
    named = (key, *(text(said, word).strip() for word in REFERENCES))
    site = text(said, "domain") or text(said, "website")
    return Customer(
        id=key,
        name=text(data, "name") or text(data, "description"),
        email=email,
        domain=own_domain(site[:LONGEST]) or mail_domain(email[:LONGEST]),
        references=tuple(dict.fromkeys(name.upper()[:LONGEST] for name in named if name)),
    )


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription; `ended_at` is 0 while it runs. One that never became active has neither begun nor ended."""

    id: str
    customer: str
    status: str
    ended_at: int

    @property
    def never_began(self) -> bool:
        return self.status in ("incomplete", "incomplete_expired")


def from_subscription(data: Data) -> Subscription:
    status = text(data, "status")
    ended_at = moment(data, "ended_at")
    if status == "canceled" and not ended_at:
        ended_at = moment(data, "canceled_at") or moment(data, "created")
    return Subscription(
        id=needed(id_of(data, "id"), "id"),
        customer=needed(id_of(data, "customer"), "customer"),
        status=status,
        ended_at=ended_at,
    )


@dataclass(frozen=True, slots=True)
class Goods:
    """A product, or a price of one."""

    id: str
    name: str
    category: str
    product: str


def from_goods(data: Data) -> Goods:
    return Goods(
        id=needed(id_of(data, "id"), "id"),
        name=text(data, "name") or text(data, "nickname"),
        category=category(data),
        product=id_of(data, "product"),
    )
