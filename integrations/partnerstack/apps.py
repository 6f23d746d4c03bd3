from django.apps import AppConfig


class PartnerStackConfig(AppConfig):
    name = "integrations.partnerstack"
    label = "partnerstack"
    verbose_name = "PartnerStack"
