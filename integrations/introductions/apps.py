from django.apps import AppConfig


class IntroductionsConfig(AppConfig):
    name = "integrations.introductions"
    label = "introductions"
    verbose_name = "Introductions by e-mail"

    def ready(self) -> None:
        """Whoever looks at a lead sees the e-mail that belongs to it."""
        from integrations.introductions.correspondence import mail_of_lead  # It needs the models, which load before.
        from referrals.correspondence import ask_for_mail

        ask_for_mail(mail_of_lead)
