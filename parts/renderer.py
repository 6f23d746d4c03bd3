from django.forms.renderers import TemplatesSetting


class PartsRenderer(TemplatesSetting):
    """Forms of the whole portal look the same: each field with its label, help and errors beside it."""

    form_template_name = "parts/form.html"
    field_template_name = "parts/field.html"
