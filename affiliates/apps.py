from django.apps import AppConfig


class AffiliatesConfig(AppConfig):
    name = "affiliates"
    verbose_name = "Partners and the Agreement"

    def ready(self) -> None:
        """The document of the API learns how a key is sent."""
        from affiliates.api import schema  # noqa: F401
