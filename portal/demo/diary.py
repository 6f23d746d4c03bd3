"""The demo's diary: what happens when, in the order of time."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from portal.demo.days import Days


@dataclass(frozen=True, slots=True)
class Entry:
    """A step, and the moment at which it is taken. The step looks up by itself what it needs by then."""

    at: datetime
    step: Callable[[datetime], object]

    def take(self) -> None:
        self.step(self.at)


def in_order(entries: Iterable[Entry], days: Days) -> list[Entry]:
    """The entries up to today by time, none later than now; those of one moment stay as they were listed."""
    past = [replace(entry, at=min(entry.at, days.now)) for entry in entries if days.day(entry.at) <= days.today]
    return sorted(past, key=lambda entry: entry.at)
