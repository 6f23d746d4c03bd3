from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from accounts.services.write_audit import write_audit
from integrations.crm.models import Connection, LeadSync
from integrations.crm.vendors.common import Theirs
from parts.formats import plain
from referrals.companies import own_domain
from referrals.models import Lead
from referrals.models.lead import Channel
from referrals.services.correct_lead import CannotBeCorrected, correct_lead
from referrals.services.register_lead import AlreadyYours

# What may come back, where the lead may be corrected at all. The deal's name is no company's: people write much there.
TAKEN = {"contact": 200, "email": 254, "domain": 253}


def take_fields(sync: LeadSync, lead: Lead, theirs: Theirs, *, at: datetime) -> Lead | None:
    """This function will correct a lead that came by e-mail by what its deal says now; None where it may not.

    Only what changed there since both were in step, and did not change here, is taken. Another lead is what its partner
    registered: what differs there is only shown.
    """
    if lead.channel != Channel.INTRODUCTION or lead.has_ended or lead.is_under_review:
        return None
    changed = _changed(sync, lead, theirs)
    if not changed:
        return None
    said = {"company": lead.company, "contact": lead.contact, "email": lead.email, "domain": lead.domain} | changed
    try:
        with transaction.atomic():
            corrected = correct_lead(lead=lead, by=None, at=at, **said)
            details = {"crm": sync.connection.kind, "fields": sorted(changed)}
            write_audit(by=None, at=at, action="lead corrected by CRM", subject=f"lead {lead.pk}", **details)
    except (CannotBeCorrected, AlreadyYours):
        return None
    sync.values |= {ours: value for ours, value in changed.items() if ours in sync.values}  # They are in step now.
    return corrected


def _changed(sync: LeadSync, lead: Lead, theirs: Theirs) -> dict[str, str]:
    found = {}
    connection: Connection = sync.connection
    for ours, longest in TAKEN.items():
        kept, field = sync.values.get(ours), connection.fields.get(ours)
        there = plain(theirs.values.get(field, "")) if field else ""
        if kept is not None and kept == getattr(lead, ours) and there != kept and _fits(ours, there, longest):
            found[ours] = there
    return found


def _fits(ours: str, value: str, longest: int) -> bool:
    if not value or len(value) > longest:
        return False
    if ours == "domain":
        return own_domain(value) == value
    if ours == "email":
        try:
            validate_email(value)
        except ValidationError:
            return False
    return True
