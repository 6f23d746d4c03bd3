from django.apps import AppConfig


class StripeConfig(AppConfig):
    name = "integrations.stripe"
    label = "stripe"
    verbose_name = "Stripe"
