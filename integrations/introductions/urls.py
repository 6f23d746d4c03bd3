"""Where mail providers leave inbound messages: django-anymail's addresses, those for inbound mail alone."""

from anymail import urls as anymail_urls
from django.urls import path
from django.urls.resolvers import URLPattern

from integrations.introductions.views.inbound import door

# Mailgun's address says which of two shapes it sends; anymail writes both in one expression.
BOTH = {"^mailgun/inbound(_mime)?/$": ("mailgun/inbound/", "mailgun/inbound_mime/")}

# Anymail no longer looks after the first, and the second is an old name of Brevo's.
DROPPED = ("sendgrid_inbound_webhook", "sendinblue_inbound_webhook")


def _doors() -> list[URLPattern]:
    found = []
    for pattern in anymail_urls.urlpatterns:
        name, written = str(pattern.name), str(pattern.pattern)
        if (name.endswith("inbound_webhook") or name == "mandrill_webhook") and name not in DROPPED:
            view = door(pattern.callback.view_class)
            found += [
                path(f"anymail/{address}", view, name=f"introductions_{name}")
                for address in BOTH.get(written, (written,))
            ]
    return found


urlpatterns: list[URLPattern] = _doors()
