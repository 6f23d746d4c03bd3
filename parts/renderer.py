from typing import Any

from django.forms.renderers import Jinja2, TemplatesSetting

WIDGETS = "django/forms/widgets/"


class PartsRenderer(TemplatesSetting):
    """Forms of the whole portal look the same: each field with its label, help and errors beside it.

    Django's own widgets are drawn from its Jinja2 templates, which takes about a third of the time.
    """

    form_template_name = "parts/form.html"
    field_template_name = "parts/field.html"

    def __init__(self) -> None:
        self.widgets = Jinja2()

    def get_template(self, template_name: str) -> Any:
        if template_name.startswith(WIDGETS):
            return self.widgets.get_template(template_name)
        return super().get_template(template_name)
