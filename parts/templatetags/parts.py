"""The parts that pages are made of. `/styleguide/` shows each in every state."""

from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput
from django.utils.safestring import SafeString

from parts.chart import draw_chart
from parts.repeated import draw_checklist, draw_tiles

register = template.Library()
register.simple_tag(draw_chart)
register.simple_tag(draw_checklist)
register.simple_tag(draw_tiles)
CONTROL = "form-control"
RUNS_EITHER_WAY = ("text", "search", "")  # Arabic and Hebrew from the right; the empty one is a textarea.


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
    return field.as_widget(attrs={key: value for key, value in attributes.items() if value})
