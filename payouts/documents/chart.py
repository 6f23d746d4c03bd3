"""Draw twelve months of commission as bars: an inline SVG, made on the server, with its text beside it."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from parts.formats import money, month_name

MONTHS_SHOWN = 12
WIDTH, HEIGHT = 300, 112
TOP, BOTTOM = 16, 100
ABOVE, BELOW = -4, 9
LABEL_REACH = 2
BAR_SHARE = 0.62
FLAT = 0.75
MUTED = "#b9c0c9"
INK = "#20262e"
GREY = "#59636e"

History = Sequence[tuple[date, Decimal]]


def month_bars(history: History, accent: str) -> SafeString:
    """Return bars of the last twelve months, the newest in `accent`; nothing where there is no history."""
    months = tuple(history)[-MONTHS_SHOWN:]
    if not months:
        return SafeString("")
    sentence = describe(months)
    high = max(float(max(amount for _, amount in months)), 0.0)
    low = min(float(min(amount for _, amount in months)), 0.0)
    scale = (BOTTOM - TOP) / ((high - low) or 1.0)
    zero = BOTTOM + low * scale
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {} {}" width="{}" height="{}"'
        ' font-family="Inter, DejaVu Sans" font-size="8"><title>{}</title><desc>{}</desc>{}{}{}</svg>',
        WIDTH, HEIGHT, WIDTH, HEIGHT, sentence, sentence,
        _bars(months, zero, scale, accent),
        format_html('<path d="M0 {0}H{1}" stroke="{2}" stroke-width=".6"/>', _at(zero), WIDTH, GREY),
        _labels(months, zero, scale),
    )  # fmt: skip


def span(history: History) -> str:
    """Return from which month to which the bars go, nothing where there are none."""
    months = tuple(history)[-MONTHS_SHOWN:]
    first, last = (month_name(months[at][0]) for at in (0, -1)) if months else ("", "")
    return first if first == last else f"{first} to {last}"


def describe(history: History) -> str:
    """Return the chart in words, for those who hear it: every month with its amount."""
    listed = "; ".join(f"{month_name(month)} {money(amount)}" for month, amount in history)
    return f"Commissions and corrections posted, by month. {listed}."


def _bars(months: History, zero: float, scale: float, accent: str) -> SafeString:
    """Return two paths, of the bars before the newest and of the newest: a path for each would be slow."""
    bars = [_bar(index, zero, float(amount) * scale) for index, (_, amount) in enumerate(months)]
    colours = ((MUTED, "".join(bars[:-1])), (accent, bars[-1]))
    return format_html_join("", '<path fill="{}" d="{}"/>', colours)


def _bar(index: int, zero: float, height: float) -> str:
    step = WIDTH / MONTHS_SHOWN
    left, across = (index + (1 - BAR_SHARE) / 2) * step, step * BAR_SHARE
    return f"M{_at(left)} {_at(zero)}h{_at(across)}v{_at(-_tall(height))}h-{_at(across)}z"


def _labels(months: History, zero: float, scale: float) -> SafeString:
    """Return the amounts of the newest bar and of those that stand out."""
    labels: list[tuple[float, float, str]] = []
    for index in _labelled(months):
        height = float(months[index][1]) * scale
        gap = BELOW if height < 0 else ABOVE
        labels.append((_middle(index), zero - height + gap, money(months[index][1])))
    return format_html_join(
        "",
        '<text x="{}" y="{}" text-anchor="{}" fill="{}">{}</text>',
        ((_at(_edge(x)), _at(y), _anchor(x), INK, text) for x, y, text in labels),
    )


def _labelled(months: History) -> list[int]:
    """Return which bars have their amount written: the newest, the highest, and a negative lowest."""
    last = len(months) - 1
    amounts = [amount for _, amount in months]
    highest, lowest = amounts.index(max(amounts)), amounts.index(min(amounts))
    labelled = [last]
    if amounts[highest] > 0 and last - highest > LABEL_REACH:
        labelled.append(highest)
    if amounts[lowest] < 0 and lowest != last:
        labelled.append(lowest)
    return labelled


def _middle(index: int) -> float:
    return (index + 0.5) * WIDTH / MONTHS_SHOWN


def _anchor(x: float) -> str:
    """Return how a label sits on `x` so that it stays inside the picture."""
    step = WIDTH / MONTHS_SHOWN
    return "start" if x < 2 * step else "end" if x > WIDTH - 2 * step else "middle"


def _edge(x: float) -> float:
    half_bar = BAR_SHARE * WIDTH / MONTHS_SHOWN / 2
    return {"start": x - half_bar, "middle": x, "end": x + half_bar}[_anchor(x)]


def _tall(height: float) -> float:
    """Return the height of a bar, a hairline where it would vanish, so that no month looks left out."""
    return height if abs(height) >= FLAT else FLAT


def _at(number: float) -> str:
    return f"{number:.2f}"
