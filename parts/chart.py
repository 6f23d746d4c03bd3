"""Charts, drawn on the server: an SVG that takes its colours from the page, beside its text."""

from html import escape

from django.utils.safestring import SafeString, mark_safe

from parts.shapes import Chart

WIDTH, HEIGHT = 720, 180
TOP, BOTTOM, LABELS_AT = 18, 152, 172
BAR_SHARE = 0.62
FLAT = 1.0


def draw_chart(chart: Chart) -> SafeString:
    """Return bars over a common zero, the newest one accented; every bar says its amount when pointed at."""
    if not chart.bars:
        return SafeString("")
    values = [bar.value for bar in chart.bars]
    high, low = max(*values, 0.0), min(*values, 0.0)
    scale = (BOTTOM - TOP) / ((high - low) or 1.0)
    zero = BOTTOM + low * scale
    step = WIDTH / len(values)
    bars = "".join(
        f'<rect class="{"bar newest" if index == len(values) - 1 else "bar"}"'
        f' x="{_at((index + (1 - BAR_SHARE) / 2) * step)}"'
        f' y="{_at(min(zero, zero - bar.value * scale) if abs(bar.value * scale) >= FLAT else zero - FLAT)}"'
        f' width="{_at(step * BAR_SHARE)}" height="{_at(max(abs(bar.value * scale), FLAT))}" rx="2">'
        f"<title>{escape(bar.label)}: {escape(bar.amount)}</title></rect>"
        for index, bar in enumerate(chart.bars)
    )
    return mark_safe(  # noqa: S308 (each text is escaped)
        f'<svg class="chart" role="img" viewBox="0 0 {WIDTH} {HEIGHT}" aria-label="{escape(describe(chart))}">'
        f'{bars}<path class="zero" d="M0 {_at(zero)}H{WIDTH}"/>{_labels(chart, step)}</svg>'
    )


def describe(chart: Chart) -> str:
    """Return the chart in words."""
    return f"{chart.title}. " + "; ".join(f"{bar.label} {bar.amount}" for bar in chart.bars)


def _labels(chart: Chart, step: float) -> str:
    every = 1 if len(chart.bars) <= 12 else -(-len(chart.bars) // 12)
    last = len(chart.bars) - 1
    drawn = []
    for index, bar in enumerate(chart.bars):
        if (last - index) % every:
            continue
        # The last one ends where the chart does: a narrow bar's middle leaves its words no room on the right.
        at, anchor = (WIDTH, "end") if every > 1 and index == last else ((index + 0.5) * step, "middle")
        drawn.append(f'<text x="{_at(at)}" y="{LABELS_AT}" text-anchor="{anchor}">{escape(bar.label)}</text>')
    return "".join(drawn)


def _at(number: float) -> str:
    return f"{number:.1f}"
