"""How money, months and rates stand in the admin's lists and pages."""

from decimal import Decimal

from accounts.admin_parts import Column, Figure, follow, say
from affiliates.money import show_money
from affiliates.months import show_month


def money(field: str, label: str = "", *, is_summed: bool = True, only: tuple[str, str] | None = None) -> Figure:
    """A column of amounts, as the portal writes them; its list ends in their sum."""
    return Figure(field, show_money, label, is_summed=is_summed, only=only)


def rate(field: str, label: str = "") -> Figure:
    """A column of shares: 0.3 is `30 %` and 0.125 is `12.5 %`."""
    return Figure(field, show_rate, label, is_summed=False)


def show_rate(share: Decimal) -> str:
    """This function will print a share for people, without the zeros that say nothing."""
    return f"{(share * 100).normalize():f}\N{NO-BREAK SPACE}%"


def month(field: str, label: str = "") -> Column:
    """A column of months: `2026-03`."""

    def show(row: object) -> str:
        first = follow(row, field)
        return "" if first is None else show_month(first)

    return Column(f"month_{field}", show, label or say(field), field)
