"""Charts, drawn on the server: an SVG that takes its colours from the page, beside its text."""

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from parts.shapes import Chart

WIDTH, HEIGHT = 720, 180
TOP, BOTTOM, LABELS_AT = 18, 152, 172
BAR_SHARE = 0.62
FLAT = 1.0


def draw(chart: Chart) -> SafeString:
    """Return bars over a common zero, the newest one accented; every bar says its amount when pointed at."""
    if not chart.bars:
        return SafeString("")
    values = [bar.value for bar in chart.bars]
    high, low = max(*values, 0.0), min(*values, 0.0)
    scale = (BOTTOM - TOP) / ((high - low) or 1.0)
    zero = BOTTOM + low * scale
    step = WIDTH / len(values)
    drawn = [
        (
            "bar newest" if index == len(values) - 1 else "bar",
            _at((index + (1 - BAR_SHARE) / 2) * step),
            _at(min(zero, zero - bar.value * scale) if abs(bar.value * scale) >= FLAT else zero - FLAT),
            _at(step * BAR_SHARE),
            _at(max(abs(bar.value * scale), FLAT)),
            f"{bar.label}: {bar.amount}",
        )
        for index, bar in enumerate(chart.bars)
    ]
    return format_html(
        '<svg class="chart" role="img" viewBox="0 0 {} {}" aria-label="{}">{}<path class="zero" d="M0 {}H{}"/>{}</svg>',
        WIDTH,
        HEIGHT,
        describe(chart),
        format_html_join(
            "", '<rect class="{}" x="{}" y="{}" width="{}" height="{}" rx="2"><title>{}</title></rect>', drawn
        ),
        _at(zero),
        WIDTH,
        _labels(chart, step),
    )


def describe(chart: Chart) -> str:
    """Return the chart in words."""
    return f"{chart.title}. " + "; ".join(f"{bar.label} {bar.amount}" for bar in chart.bars)


def _labels(chart: Chart, step: float) -> SafeString:
    every = 1 if len(chart.bars) <= 12 else -(-len(chart.bars) // 12)
    last = len(chart.bars) - 1
    # The last one ends where the chart does: a narrow bar's middle leaves its words no room on the right.
    labels = [
        (_at(WIDTH if is_narrow else (index + 0.5) * step), LABELS_AT, "end" if is_narrow else "middle", bar.label)
        for index, bar in enumerate(chart.bars)
        for is_narrow in [every > 1 and index == last]
        if (last - index) % every == 0
    ]
    return format_html_join("", '<text x="{}" y="{}" text-anchor="{}">{}</text>', labels)


def _at(number: float) -> str:
    return f"{number:.1f}"
