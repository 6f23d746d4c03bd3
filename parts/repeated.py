"""Tiles and checklists, drawn here as the rows of a list are: a template takes five times as long for each."""

from collections.abc import Iterable
from html import escape

from django.utils.safestring import SafeString, mark_safe

from parts.shapes import Check, Tile


def draw_tiles(tiles: Iterable[Tile]) -> SafeString:
    """Return the figures that a page begins with."""
    return mark_safe("".join(map(_tile, tiles)))  # noqa: S308 (each text is escaped)


def draw_checklist(checks: Iterable[Check]) -> SafeString:
    """Return what must be so, line by line, as done or with what makes it so."""
    lines = "".join(map(_check, checks))
    return mark_safe(f'<ul class="checklist">{lines}</ul>')  # noqa: S308 (each text is escaped)


def _tile(tile: Tile) -> str:
    label, unit, note = escape(tile.label), "", ""
    if tile.url:
        label = f'<a href="{escape(tile.url)}">{label}</a>'
    if tile.unit:
        unit = f" <small>{escape(tile.unit)}</small>"
    if tile.note:
        note = f'<p class="tile-note">{escape(tile.note)}</p>'
    figure = f'<p class="tile-figure">{escape(tile.figure)}{unit}</p>'
    return f'<div class="tile"><p class="tile-label">{label}</p>{figure}{note}</div>'


def _check(check: Check) -> str:
    clause = f' <span class="quiet">{escape(check.clause)}</span>' if check.clause else ""
    state, button = escape(check.state), ""
    if check.is_done:
        name, sign, heard = "done", "✓", "done"
    else:
        name, sign, heard = "open", "○", "still open"
        if check.next_step:
            state = f"{state}. {escape(check.next_step)}."
        if check.url:
            button = f'<a class="btn btn-sm" href="{escape(check.url)}">{escape(check.action)}</a>'
    title = f'{escape(check.title)}{clause}<span class="visually-hidden">: {heard}</span>'
    words = f'<p class="check-title">{title}</p><p class="quiet">{state}</p>'
    return f'<li class="{name}"><span class="sign" aria-hidden="true">{sign}</span><div>{words}</div>{button}</li>'
