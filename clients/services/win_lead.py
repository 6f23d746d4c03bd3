from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from affiliates.services.open_batch import open_batch
from clients.models import Client
from referrals.models import Lead
from referrals.models.lead import Stage
from referrals.services.move_lead import move_lead


class BillingReferenceIsTaken(Exception):
    """Another client has the billing reference, perhaps in another case."""


def win_lead(*, lead: Lead, closed_on: date, reference: str, by: User | None, at: datetime) -> Client:
    """This function will mark a lead won and make its referred client, with close date and billing reference (A).

    :raises LeadCannotMove: the lead is not at the stage before
    :raises BillingReferenceIsTaken: another client has the reference
    """
    with transaction.atomic():
        batch = open_batch(source=f"lead {lead.pk} won", by=by, at=at, earliest=closed_on)
        lead = move_lead(lead=lead, to=Stage.WON, by=by, at=at)
        if Client.objects.filter(reference__iexact=reference).exists():
            raise BillingReferenceIsTaken(f"“{reference}” is the billing reference of another client")
        return Client.objects.create(
            reference=reference,
            partner_id=lead.partner_id,
            lead=lead,
            name=lead.company,
            domain=lead.domain,
            closed_on=closed_on,
            batch=batch,
        )
