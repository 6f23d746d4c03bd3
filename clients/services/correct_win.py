from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit
from affiliates.services.open_batch import open_batch
from clients.models import Client, WinCorrection
from notices.models import EventKind
from notices.services.write_event import write_event
from referrals.models import Lead
from referrals.models.lead import Stage
from referrals.recognition import one_at_a_time
from referrals.services.move_lead import take_step
from referrals.services.tell_of_lead import tell_of_correction


class CannotBeCorrected(Exception):
    """The win stands; the message says why, and what there is to do instead."""


@needs(Right.CORRECT_WINS)
def correct_win(*, lead: Lead, reason: str, by: User | None, at: datetime) -> WinCorrection:
    """This function will take back that a lead was won: it goes back to sales, at the proposal.

    The client stays in the table as one that cancelled on the day it closed. It has no billing facts, so it earned
    nothing and earns nothing; its reference can be won again. The partner reads the reason.

    :raises CannotBeCorrected: the lead is not won, billing facts were recorded, or the reason is missing
    """
    if not reason.strip():
        raise CannotBeCorrected("Write the reason: the partner reads it, and the correction keeps it")
    with transaction.atomic():
        found = Client.objects.filter(lead=lead).first()
        batch = open_batch(source=f"lead {lead.pk} not won", by=by, at=at, earliest=found.closed_on if found else None)
        one_at_a_time()
        lead = Lead.objects.select_for_update(no_key=True, of=("self",)).select_related("partner").get(pk=lead.pk)
        client = Client.objects.select_for_update(no_key=True).filter(lead=lead).first()
        if lead.stage != Stage.WON or client is None:
            raise CannotBeCorrected(f"{lead} is at “{lead.get_stage_display()}”: there is no win to take back")
        if client.invoices.exists() or client.payment_problems.exists():
            raise CannotBeCorrected(
                f"Billing facts were recorded for {client.reference}, so it is a client. Cancel it through a recording "
                "of facts (clients.csv with canceled_on), or move it to the partner that it belongs to"
            )
        correction = WinCorrection.objects.create(
            client=client, lead=lead, closed_on=client.closed_on, reason=reason.strip(), by=by, at=at
        )
        client.lead, client.canceled_on, client.batch = None, client.closed_on, batch
        client.save(update_fields=["lead", "canceled_on", "batch"])
        tell_of_correction(take_step(lead, to=Stage.PROPOSAL, by=by, at=at, reason=correction.reason))
        subject = f"client {client.reference}"
        write_audit(by=by, at=at, action="win corrected", subject=subject, lead=lead.pk, reason=correction.reason)
        write_event(
            kind=EventKind.CLIENT_CANCELLED,
            partner_id=client.partner_id,
            subject=f"client {client.pk}",
            at=at,
            client=client.reference,
            name=client.name,
            partner=lead.partner.reference,
            canceled_on=client.canceled_on,
            reason=correction.reason,
        )
    return correction
