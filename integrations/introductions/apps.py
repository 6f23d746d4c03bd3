from django.apps import AppConfig


class IntroductionsConfig(AppConfig):
    name = "integrations.introductions"
    label = "introductions"
    verbose_name = "Introductions by e-mail"
