"""Pages of the company's people about Introductions by e-mail."""

from django.urls.resolvers import URLPattern

urlpatterns: list[URLPattern] = []
