"""What every form on a partner's page carries."""

from typing import Any

from django import template
from django.template.defaulttags import CsrfTokenNode
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from affiliates.acting import ACTING_FOR

register = template.Library()


@register.simple_tag(takes_context=True)
def partner_token(context: template.RequestContext) -> SafeString:
    """Print what a form on a partner's page begins with: the CSRF token, and for which partner it is filled in.

    A page that is no partner's has the CSRF token alone.
    """
    token = mark_safe(CsrfTokenNode().render(context))  # noqa: S308 (what Django itself prints for it)
    acting: Any = context.get("acting")
    if acting is None:
        return token
    return token + format_html('<input type="hidden" name="{}" value="{}">', ACTING_FOR, acting.partner.pk)
