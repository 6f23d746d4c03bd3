"""Where the things are that the audit trail speaks of."""

from collections.abc import Iterable

from django.urls import reverse

from accounts.models import User
from affiliates.models import Partner
from clients.models import Client

# What a subject begins with, and the page of one by its number.
BY_NUMBER = {
    "application": "staff_application",
    "lead": "admin:referrals_lead_change",
    "payout": "admin:payouts_payout_change",
    "dispute": "admin:commissions_dispute_change",
    "adjustment": "admin:commissions_adjustment_change",
    "violation": "admin:affiliates_violation_change",
}


def addresses_of(subjects: Iterable[str]) -> dict[str, str]:
    """This function will find the pages of what subjects name, those of the people, partners and clients at once."""
    named: dict[str, list[str]] = {}
    found = {}
    for subject in set(subjects):
        kind, _, key = subject.partition(" ")
        if kind in BY_NUMBER and key.isdecimal():
            found[subject] = reverse(BY_NUMBER[kind], args=[int(key)])
        else:
            named.setdefault(kind, []).append(key)
    for pk, key in Partner.objects.filter(reference__in=named.get("partner", ())).values_list("pk", "reference"):
        found[f"partner {key}"] = reverse("staff_partner", args=[pk])
    for pk, key in Client.objects.filter(reference__in=named.get("client", ())).values_list("pk", "reference"):
        found[f"client {key}"] = reverse("admin:clients_client_change", args=[pk])
    staff = User.objects.filter(is_staff=True, email__in=named.get("person", ()))
    for pk, key in staff.values_list("pk", "email"):
        found[f"person {key}"] = reverse("staff_person", args=[pk])
    return found
