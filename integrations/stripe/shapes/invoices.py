"""Invoices and their lines."""

from dataclasses import dataclass
from typing import Any

from integrations.stripe.shapes.values import (
    Data,
    category,
    currency,
    id_of,
    moment,
    needed,
    part,
    parts,
    text,
    units,
    whole,
)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an invoice: its amount as listed, and what comes off it or on top of it."""

    amount: int
    product: str
    price: str
    category: str
    start: int
    end: int
    discount: int
    tax_inside: int
    tax_on_top: int

    @property
    def tax(self) -> int:
        return self.tax_inside + self.tax_on_top


@dataclass(frozen=True, slots=True)
class StripeInvoice:
    """An invoice. `charge` and `intent` are named by the shape before 2025-03-31 alone.

    `tax` is that of everything, `shipping_tax` what of it is for shipping, which costs `shipping` without it.
    """

    id: str
    customer: str
    status: str
    currency: str
    total: int
    issued_at: int
    paid_at: int
    opening_debt: int
    balance_used: int
    credited: int
    amount_paid: int
    off_stripe: int
    was_paid_elsewhere: bool
    charge: str
    intent: str
    shipping: int
    shipping_tax: int
    tax: int
    discount: int
    lines: tuple[Line, ...]
    has_more_lines: bool

    @property
    def is_final(self) -> bool:
        """Whether it is issued: nothing of its lines changes any more."""
        return self.status in ("open", "paid", "uncollectible", "void")

    @property
    def is_paid(self) -> bool:
        return self.status == "paid"


def from_invoice(data: Data) -> StripeInvoice:
    times = part(data, "status_transitions")
    created = moment(data, "created")
    opening, closing = units(data, "starting_balance"), whole(data, "ending_balance")
    status = text(data, "status")
    listed = part(data, "lines") if not isinstance(data.get("lines"), list) else {}
    shipping, shipping_tax = _shipping(part(data, "shipping_cost"))
    return StripeInvoice(
        id=needed(id_of(data, "id"), "id"),
        customer=id_of(data, "customer"),
        status=status,
        currency=currency(data),
        total=units(data, "total"),
        issued_at=moment(times, "finalized_at") or moment(data, "effective_at") or created,
        paid_at=moment(times, "paid_at") or created,
        opening_debt=max(opening, 0),
        balance_used=max((closing or 0) - opening, 0) if closing is not None else 0,
        credited=units(data, "pre_payment_credit_notes_amount"),
        amount_paid=units(data, "amount_paid"),
        off_stripe=units(data, "amount_paid_off_stripe"),
        was_paid_elsewhere=data.get("paid_out_of_band") is True,
        charge=id_of(data, "charge"),
        intent=id_of(data, "payment_intent"),
        shipping=shipping,
        shipping_tax=shipping_tax,
        tax=sum(_tax(data, "total_taxes", "total_tax_amounts")) or units(data, "tax"),
        discount=sum(units(each, "amount") for each in parts(data, "total_discount_amounts")),
        lines=tuple(map(_line, parts(data, "lines"))),
        has_more_lines=listed.get("has_more") is True,
    )


def _line(data: dict[str, Any]) -> Line:
    period = part(data, "period")
    price = part(data, "price") or part(data, "plan")
    details = part(part(data, "pricing"), "price_details")
    inside, on_top = _tax(data, "taxes", "tax_amounts")
    return Line(
        amount=units(data, "amount"),
        product=id_of(details, "product") or id_of(price, "product"),
        price=id_of(details, "price") or id_of(price, "id"),
        category=category(data) or category(price),
        start=moment(period, "start"),
        end=moment(period, "end"),
        discount=_off(data),
        tax_inside=inside,
        tax_on_top=on_top,
    )


def _shipping(data: dict[str, Any]) -> tuple[int, int]:
    """What shipping costs without its tax, and that tax, be it on top or inside."""
    tax, total = units(data, "amount_tax"), whole(data, "amount_total")
    return units(data, "amount_subtotal") if total is None else total - tax, tax


def _off(data: dict[str, Any]) -> int:
    """What discounts and billing credits take off a line; the newer shape's list names both."""
    credits = [
        units(each, "amount")
        for each in parts(data, "pretax_credit_amounts")
        if text(each, "type") == "credit_balance_transaction"
    ]
    return sum(credits) + sum(units(each, "amount") for each in parts(data, "discount_amounts"))


def _tax(data: Data, new: str, old: str) -> tuple[int, int]:
    """The tax that is inside the amount, and the tax on top of it."""
    inside = on_top = 0
    for each in parts(data, new) or parts(data, old):
        if text(each, "tax_behavior") == "inclusive" or each.get("inclusive") is True:
            inside += units(each, "amount")
        else:
            on_top += units(each, "amount")
    return inside, on_top
