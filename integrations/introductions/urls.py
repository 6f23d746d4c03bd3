"""What Introductions by e-mail calls."""

from django.urls.resolvers import URLPattern

urlpatterns: list[URLPattern] = []
