"""What the parts are filled with: plain values, ready to print.

Templates in `templates/parts/` draw them; what a page shows many of, Python does: `chart.py`, `listing.py`,
`repeated.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class Tone(StrEnum):
    """What a state means to the one who reads it; the colour follows."""

    NEUTRAL = "neutral"
    INFO = "info"
    GOOD = "good"
    WAITING = "waiting"
    BAD = "bad"


class Shape:
    """What templates draw: they ask for `shape[name]` before `shape.name`, so that is answered at once."""

    __slots__ = ()

    def __getitem__(self, name: str) -> object:
        return getattr(self, name)


class Badge(NamedTuple):
    text: str
    tone: Tone = Tone.NEUTRAL


class Cell(NamedTuple):
    """A cell of a table: a text with, where it has them, a quiet second line, an address or a badge.

    `opens_beside` shows what is at the address in the panel `parts/beside.html`, next to the figure.
    """

    text: str = ""
    below: str = ""
    url: str = ""
    badge: Badge | None = None
    opens_beside: bool = False


@dataclass(frozen=True, slots=True)
class Tile(Shape):
    """A figure that a page begins with: what it is, how much, and what that means."""

    label: str
    figure: str
    unit: str = ""
    note: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Event(Shape):
    """Something that happened, for a timeline, and its page; newest or oldest first as the page wants it."""

    title: str
    at: datetime
    who: str = ""
    text: str = ""
    tone: Tone = Tone.NEUTRAL
    url: str = ""


@dataclass(frozen=True, slots=True)
class Check(Shape):
    """One line of a checklist: what must be so, how it stands, and what makes it so, with where to do that."""

    title: str
    is_done: bool
    state: str
    clause: str = ""
    next_step: str = ""
    url: str = ""
    action: str = ""


@dataclass(frozen=True, slots=True)
class Meter(Shape):
    """How far something has come: `share` of the way is between 0 and 1."""

    label: str
    share: float
    done: str
    goal: str

    @property
    def percent(self) -> str:
        return f"{100 * min(max(self.share, 0.0), 1.0):.0f}"


@dataclass(frozen=True, slots=True)
class Document(Shape):
    """A file to take along."""

    title: str
    note: str
    url: str
    kind: str = "PDF"


@dataclass(frozen=True, slots=True)
class Empty(Shape):
    """What stands where there is nothing yet: why, and the first thing to do."""

    title: str
    text: str
    url: str = ""
    action: str = ""


@dataclass(frozen=True, slots=True)
class Bar(Shape):
    """A bar of a chart; `amount` is what stands beside it in words, `url` what is behind it."""

    label: str
    value: float
    amount: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Chart(Shape):
    """Bars over a common scale, with the sentence that says the same to those who hear it."""

    title: str
    bars: Sequence[Bar]


@dataclass(frozen=True, slots=True)
class Ranking(Shape):
    """Bars that lie across, each in a line of its own with its words: for what has names and not a time."""

    bars: Sequence[Bar]

    @property
    def lines(self) -> list[tuple[Bar, str]]:
        """Each bar with its length, of 100 for the longest."""
        longest = max((abs(bar.value) for bar in self.bars), default=0.0) or 1.0
        return [(bar, f"{max(bar.value, 0.0) / longest * 100:.1f}") for bar in self.bars]


@dataclass(frozen=True, slots=True)
class Figure(Shape):
    """A picture with its numbers: what it means in a line, drawn, as a table, and as a file; `says` is the newest one.

    The first cell of a row names it. `records` are the rows as the file has them, under `record_header` where its
    columns are others.
    """

    key: str
    title: str
    meaning: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    records: Sequence[Sequence[object]]
    chart: Chart | None = None
    ranking: Ranking | None = None
    says: str = ""
    record_header: Sequence[str] = ()
    csv_url: str = ""
