"""The parts that pages are made of. `/styleguide/` shows each in every state."""

from functools import lru_cache
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, Select
from django.utils.safestring import SafeString
from django_filters.fields import ChoiceField

from parts.chart import draw
from parts.shapes import Chart

register = template.Library()
CONTROL = "form-control"
RUNS_EITHER_WAY = ("text", "search", "")  # Arabic and Hebrew from the right; the empty one is a textarea.


@register.simple_tag
def chart(shown: Chart) -> SafeString:
    """Draw bars as SVG."""
    return draw(shown)


@register.filter
def is_checkbox(field: BoundField) -> bool:
    return isinstance(field.field.widget, CheckboxInput)


@register.filter
def control(field: BoundField) -> SafeString:
    """Draw a field's input in the portal's dress."""
    kind = getattr(field.field.widget, "input_type", "")
    name = {"checkbox": "form-check-input", "radio": "", "select": "form-select"}.get(kind, CONTROL)
    attributes: dict[str, Any] = {"class": f"{name} {field.field.widget.attrs.get('class', '')}".strip()}
    if kind in RUNS_EITHER_WAY:
        attributes["dir"] = "auto"
    given = {key: value for key, value in attributes.items() if value}
    if isinstance(field.field, ChoiceField) and type(field.field.widget) is Select:
        given = {**field.field.widget.attrs, **field.build_widget_attrs(given), "id": field.auto_id}
        return _select(field.html_name, field.value(), tuple(given.items()), tuple(field.field.widget.choices))
    return field.as_widget(attrs=given)


@lru_cache(maxsize=1000)
def _select(name: str, value: object, attributes: tuple[tuple[str, Any], ...], choices: tuple[Any, ...]) -> SafeString:
    """Draw the choices of a filter once: each page of a list shows the same ones."""
    return Select(choices=choices).render(name, value, dict(attributes))
