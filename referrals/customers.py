"""Companies that are customers already. Billing facts lie downstream of leads, so who keeps them says how to ask."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from referrals.models.conflict import RecognisedBy
from referrals.recognition import Company


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer as sales knows it, by what it was recognised, and the lead that it came from, if any."""

    name: str
    reference: str
    lead_id: int | None
    by: RecognisedBy

    def __str__(self) -> str:
        return f"{self.name} ({self.reference})"


Find = Callable[[Sequence[Company], date], list[Customer | None]]
_finders: list[Find] = []


def ask_for_customers(find: Find) -> None:
    """This function will have `find` asked whenever companies are registered; call it when the program starts."""
    _finders.append(find)


def customers_among(companies: Sequence[Company], *, on: date) -> list[Customer | None]:
    """For each company the customer that it is on a day, with as many queries for a thousand as for one."""
    answers = [find(companies, on) for find in _finders]
    return [next(filter(None, found), None) for found in zip(*answers, strict=True)] or [None] * len(companies)
