"""What Stripe calls."""

from django.urls import path

from integrations.stripe.views.webhook import webhook

urlpatterns = [path("", webhook, name="stripe_webhook")]
