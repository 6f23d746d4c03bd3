from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from affiliates.models import Program
from affiliates.services.open_batch import open_batch
from clients.models import Client, WinCorrection
from notices.models import EventKind
from notices.services.write_event import write_event
from referrals.models import Lead
from referrals.models.lead import Stage
from referrals.services.move_lead import move_lead


class BillingReferenceIsTaken(Exception):
    """Another client has the billing reference, perhaps in another case."""

    def __init__(self, client: Client) -> None:
        super().__init__(f"“{client.reference}” is the billing reference of {client}, a client of {client.partner}")
        self.client = client


class CannotBeWonYet(Exception):
    """The lead cannot become a client like that; the message says what is missing."""


@needs(Right.MOVE_LEADS)
def win_lead(
    *,
    lead: Lead,
    closed_on: date,
    reference: str,
    by: User | None,
    at: datetime,
    contract_months: int | None = None,
    seen: Stage | None = None,
) -> Client:
    """This function will mark a lead won and make its referred client, with close date and billing reference (A).

    A client that was taken out as a mistake is taken up again under its reference. `contract_months` is the term
    of the contract, 1 for month to month; `seen` is the stage at which the winner saw the lead.

    :raises LeadCannotMove: the lead is not at the stage before, or not at the one that was seen
    :raises CannotBeWonYet: a conflict is open, or the close date is in the future or before the registration
    :raises BillingReferenceIsTaken: another client has the reference
    """
    with transaction.atomic():
        batch = open_batch(source=f"lead {lead.pk} won", by=by, at=at, earliest=closed_on)
        lead = move_lead(lead=lead, to=Stage.WON, by=by, at=at, seen=seen)
        _check(lead, closed_on, Program.current().day(at))
        known = Client.objects.select_for_update(no_key=True, of=("self",)).select_related("partner")
        client = known.filter(reference__iexact=reference).first()
        if client is None:
            client = Client(reference=reference)
        elif not _is_taken_out(client):
            raise BillingReferenceIsTaken(client)
        client.partner_id, client.lead, client.name, client.domain = lead.partner_id, lead, lead.company, lead.domain
        client.closed_on, client.canceled_on, client.contract_months = closed_on, None, contract_months
        client.batch = batch
        client.save()
        write_event(
            kind=EventKind.CLIENT_WON,
            partner_id=client.partner_id,
            subject=f"client {client.pk}",
            at=at,
            client=client.reference,
            name=client.name,
            partner=lead.partner.reference,
            lead=lead.pk,
            closed_on=closed_on,
        )
    return client


def _check(lead: Lead, closed_on: date, today: date) -> None:
    if lead.conflicts.open().exists():
        raise CannotBeWonYet(f"{lead} is under review: decide the conflict first, then it can be won")
    if closed_on > today:
        raise CannotBeWonYet(f"{closed_on:%-d %B %Y} is in the future; a lead is won once it has closed")
    if closed_on < lead.registered_on:
        raise CannotBeWonYet(
            f"The partner registered {lead} on {lead.registered_on:%-d %B %Y}; what closed before is no referral"
        )


def _is_taken_out(client: Client) -> bool:
    """Whether a client is left from a win that was corrected, and nothing became of it."""
    return (
        client.lead_id is None
        and client.canceled_on == client.closed_on
        and WinCorrection.objects.filter(client=client).exists()
        and not client.invoices.exists()
    )
