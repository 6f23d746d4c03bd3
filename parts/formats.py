"""How money, rates, dates and names are written in documents: the one place that says so."""

import unicodedata
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

MINUS = "\N{MINUS SIGN}"
HARD_SPACE = "\N{NO-BREAK SPACE}"
CENT = Decimal("0.01")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
NO_CHARACTERS = frozenset("\ufffe\uffff")
SPANS = ((24 * 60, "day"), (60, "hour"), (1, "minute"))  # Each from two of it on, so that 90 minutes stay 90.
JOINERS = frozenset("\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}")


def money(amount: Decimal) -> str:
    """Write an amount in full, `1,234.50`, a negative one with a true minus, without its currency."""
    cents = amount.quantize(CENT, ROUND_HALF_UP)
    return f"{cents:,.2f}".replace("-", MINUS) if cents else "0.00"


def percent(rate: Decimal) -> str:
    """Write a rate of 0.3 as `30 %` and one of 0.125 as `12.5 %`."""
    return f"{(rate * 100).normalize():f}{HARD_SPACE}%"


def whole(number: int) -> str:
    """Write a count: `10,000`."""
    return f"{number:,}"


def counted(number: int, one: str, many: str) -> str:
    """Write a count with its noun: `1 client`, `2,000 clients`."""
    return f"{whole(number)} {one if number == 1 else many}"


def unbroken(words: str) -> str:
    """Write a few words that stay in one line: `until 4 May 2026`."""
    return words.replace(" ", HARD_SPACE)


def month_name(month: date) -> str:
    """Write a month in full: `March 2026`."""
    return f"{MONTHS[month.month - 1]} {month.year}"


def short_month(month: date) -> str:
    """Write a month for a table's cell: `Mar 2026`."""
    return f"{MONTHS[month.month - 1][:3]} {month.year}"


def day(on: date) -> str:
    """Write a day in full: `31 March 2026`."""
    return f"{on.day} {month_name(on)}"


def short_day(on: date) -> str:
    """Write a day for a table's cell: `31 Mar 2026`."""
    return f"{on.day} {short_month(on)}"


def how_long(since: datetime, at: datetime) -> str:
    """Write how long something lasts already: `90 minutes`, `3 hours`; at least `1 minute`."""
    minutes = max(int((at - since).total_seconds()) // 60, 1)
    size, word = next((span for span in SPANS if minutes >= 2 * span[0]), SPANS[-1])
    return counted(minutes // size, word, f"{word}s")


def ago(since: datetime, at: datetime) -> str:
    """Write how long ago something was: `just now`, `5 minutes ago`."""
    return "just now" if (at - since).total_seconds() < 60 else f"{how_long(since, at)} ago"


def plain(text: str) -> str:
    """Make a text from outside one line of what it shows.

    Control characters, line breaks and marks that reorder a line (bidirectional overrides) become spaces or
    go, as do the two code points that no document may hold; the joiners that Persian and Indic spelling
    need stay.
    """
    if text.isprintable():
        return " ".join(text.split())
    kept = (_shown(character) for character in text)
    return " ".join("".join(kept).split())


def _shown(character: str) -> str:
    category = unicodedata.category(character)
    if category in {"Cc", "Zl", "Zp"}:
        return " "
    if character in NO_CHARACTERS or (category in {"Cf", "Cs"} and character not in JOINERS):
        return ""
    return character
