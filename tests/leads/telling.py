"""Leads of Ada and Ben, told in few words."""

from datetime import datetime
from typing import Any

from django.test import Client

from accounts.models import User
from referrals.models import Lead
from referrals.services.register_lead import register_lead
from tests.cast import AT, owner_of, the_partner

FORM = {"company": "Dune Inc.", "contact": "Dan Dune", "email": "dan@dune.example", "is_attested": "on"}


def lead_of(key: str, company: str = "Dune Inc.", email: str = "dan@dune.example", **told: Any) -> Lead:
    """A lead that a partner's owner registered."""
    return register_lead(**({"partner": the_partner(key), "by": owner_of(key)} | as_told(company, email) | told))


def as_told(company: str, email: str, *, at: datetime = AT) -> dict[str, Any]:
    return {"company": company, "contact": "Dan Dune", "email": email, "is_attested": True, "at": at}


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
