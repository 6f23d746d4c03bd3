"""`{% url %}` for all templates, with the addresses of pages that have no key worked out once."""

from django import template
from django.template.base import Parser, Token
from django.template.context import Context
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as parsed

from parts.addresses import page_url

register = template.Library()


class AddressNode(URLNode):
    def render(self, context: Context) -> str:
        name = self.view_name.resolve(context)
        if self.args or self.kwargs or self.asvar or ":" in name:
            return super().render(context)
        return page_url(name)


@register.tag
def url(parser: Parser, token: Token) -> AddressNode:
    found = parsed(parser, token)
    return AddressNode(found.view_name, found.args, found.kwargs, found.asvar)
