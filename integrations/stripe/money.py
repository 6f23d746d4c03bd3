"""Stripe's amounts: whole numbers of a currency's smallest unit."""

from decimal import Decimal

# https://docs.stripe.com/currencies: the rest has two places.
WHOLE = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF")
)
IN_THOUSANDTHS = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])


def amount_of(units: int, currency: str) -> Decimal:
    """This function will give an amount in a currency as a decimal, to its last place."""
    currency = currency.upper()
    return Decimal(units).scaleb(0 if currency in WHOLE else -3 if currency in IN_THOUSANDTHS else -2)
