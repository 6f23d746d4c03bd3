"""Pages of the company's people about PartnerStack."""

from django.urls.resolvers import URLPattern

urlpatterns: list[URLPattern] = []
