from django.apps import AppConfig


class ClientsConfig(AppConfig):
    name = "clients"
    verbose_name = "Clients and billing facts"

    def ready(self) -> None:
        """Whoever registers a lead asks whether the company is a client already."""
        from clients.recognition import find_customers  # It needs the models, which load before.
        from referrals.customers import ask_for_customers

        ask_for_customers(find_customers)
