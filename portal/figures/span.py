"""The months that figures are about."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from affiliates.months import add_months, last_day, show_month
from commissions.models import Period


@dataclass(frozen=True, slots=True)
class Span:
    """Whole months from `first` to `last`, and the month whose amounts are the newest, where there is one."""

    first: date
    last: date
    today: date
    newest: date | None

    @classmethod
    def of(cls, first: date, last: date, *, today: date) -> "Span":
        newest = Period.objects.newest()
        return cls(first, last, today, newest.month if newest else None)

    @property
    def months(self) -> Iterator[date]:
        month = self.first
        while month <= self.last:
            yield month
            month = add_months(month, 1)

    @property
    def parameters(self) -> dict[str, date | None]:
        return {"first": self.first, "last": self.last, "end": last_day(self.last), "newest": self.newest}

    def __str__(self) -> str:
        return f"{show_month(self.first)}-to-{show_month(self.last)}"


def default_span(*, today: date) -> tuple[date, date]:
    """The last twelve months with amounts; before the first one, those up to now."""
    newest = Period.objects.newest()
    last = newest.month if newest else today.replace(day=1)
    return add_months(last, -11), last
