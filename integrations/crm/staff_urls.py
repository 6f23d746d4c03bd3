"""Pages of the company's people about CRMs."""

from django.urls.resolvers import URLPattern

urlpatterns: list[URLPattern] = []
