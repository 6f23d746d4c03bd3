"""The demo's days: everything is told relative to the moment at which it was begun."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from affiliates.months import add_months, last_day, month_of

ZONE = ZoneInfo("America/Los_Angeles")


@dataclass(frozen=True, slots=True)
class Days:
    """`now` is when the demo was begun; its history is so many complete months long."""

    now: datetime
    months: int

    @property
    def today(self) -> date:
        return self.day(self.now)

    @property
    def current(self) -> date:
        """The month that is still going on."""
        return month_of(self.today)

    @property
    def first(self) -> date:
        return self.back(self.months - 1)

    @property
    def last(self) -> date:
        """The last complete month."""
        return self.back(0)

    def back(self, months: int) -> date:
        """The month that lies so many before the last complete one."""
        return add_months(self.current, -1 - months)

    def all(self) -> list[date]:
        """Every month of the story, the current one included."""
        return [self.back(place) for place in range(self.months - 1, -2, -1)]

    def at(self, day: date, hour: int, minute: int = 0) -> datetime:
        """A moment of a day in the program's time zone."""
        return datetime.combine(day, time(hour, minute), ZONE)

    def day(self, at: datetime) -> date:
        """The day of a moment in the program's time zone."""
        return at.astimezone(ZONE).date()


def day_of(month: date, day: int) -> date:
    """The day of a month with that number, or the last one of a shorter month."""
    return min(month + timedelta(days=day - 1), last_day(month))
