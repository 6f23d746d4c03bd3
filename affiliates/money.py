"""The one place that rounds: to the cent, half away from zero ("half up"), as RULES.md says."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

CENT = Decimal("0.01")
ZERO = Decimal("0.00")


def round_money(amount: Decimal | Fraction) -> Decimal:
    """This function will round an exact amount to the cent, half away from zero."""
    cents = Fraction(amount) * 100
    whole = (2 * abs(cents.numerator) + cents.denominator) // (2 * cents.denominator)
    return Decimal(whole if cents >= 0 else -whole).scaleb(-2).quantize(CENT, ROUND_HALF_UP)


def show_money(amount: Decimal) -> str:
    """This function will print an amount for people: thousands apart, two places, a true minus."""
    return f"{amount:,.2f}".replace("-", "\N{MINUS SIGN}")
