"""`{% url %}` and `{% static %}` for all templates, with what is the same each time worked out once."""

from functools import cache

from django import template
from django.contrib.staticfiles.storage import staticfiles_storage
from django.template.base import FilterExpression, Node, Parser, Token
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


class FileNode(Node):
    def __init__(self, path: FilterExpression) -> None:
        self.path = path

    def render(self, context: Context) -> str:
        return _file_url(self.path.resolve(context))


@register.tag
def url(parser: Parser, token: Token) -> AddressNode:
    found = parsed(parser, token)
    return AddressNode(found.view_name, found.args, found.kwargs, found.asvar)


@register.tag
def static(parser: Parser, token: Token) -> FileNode:
    _, path = token.split_contents()
    return FileNode(parser.compile_filter(path))


@cache
def _file_url(path: str) -> str:
    return staticfiles_storage.url(path)
