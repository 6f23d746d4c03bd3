"""Pages of the company's people about Stripe."""

from django.urls.resolvers import URLPattern

urlpatterns: list[URLPattern] = []
