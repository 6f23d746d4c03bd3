from datetime import datetime, timedelta

from django.db.models import Q

from accounts.models import User
from accounts.services.write_audit import write_audit
from affiliates.models import Program
from notices.models import EventKind
from notices.services.write_event import write_event
from referrals.models import Conflict, Lead
from referrals.models.conflict import ConflictState
from referrals.recognition import Company, claims_of_others, matches
from referrals.services.tell_of_lead import tell_of_decision


def free_waiting(lead: Lead, *, at: datetime, because: str = "ended otherwise") -> None:
    """This function will end the conflicts of a lead that claims its company no more, in the transaction of that step.

    That is one that was lost or rejected, or that sales let go after its protection had run out.

    Of those that waited for it the one that was registered first is protected now, unless something else stands
    against it; what came later waits for that one then (7).
    """
    mine = Conflict.objects.open().filter(Q(lead=lead) | Q(first=lead)).select_related("lead")
    for conflict in mine.select_for_update(no_key=True, of=("self",)).order_by("lead_id"):
        close_conflict(conflict, ConflictState.OVER, reason=f"{lead} {because}", by=None, at=at)
        if conflict.lead_id != lead.pk and end_review(conflict.lead, by=None, at=at):
            write_decision(conflict.lead, is_credited=True, at=at)


def close_conflict(conflict: Conflict, state: ConflictState, *, reason: str, by: User | None, at: datetime) -> None:
    """This function will write down how a conflict ended; the caller has locked it and found it open."""
    conflict.state, conflict.reason, conflict.decided_by, conflict.decided_at = state, reason, by, at
    conflict.save(update_fields=["state", "reason", "decided_by", "decided_at"])


def write_decision(lead: Lead, *, is_credited: bool, at: datetime) -> None:
    """This function will write the event that a registration under review was decided, for its partner.

    It says nothing of the other registration, nor that there is one.
    """
    write_event(
        kind=EventKind.LEAD_CONFLICT_DECIDED,
        partner_id=lead.partner_id,
        subject=f"lead {lead.pk}",
        at=at,
        lead=lead.pk,
        partner=lead.partner.reference,
        company=lead.company,
        is_credited=is_credited,
    )


def end_review(lead: Lead, *, by: User | None, at: datetime) -> bool:
    """This function will protect a lead under review from now on, if nothing stands against it any more, and say so.

    A claim that another partner has by now opens a conflict with that one. A lead whose partnership is not active
    stays under review. Call it after `one_at_a_time`.
    """
    lead = Lead.objects.select_for_update(no_key=True, of=("self",)).select_related("partner").get(pk=lead.pk)
    if not lead.is_under_review or lead.conflicts.open().exists():
        return False
    program = Program.current()
    on = program.day(at)
    if not lead.partner.is_active(on=on):
        return False
    decided = set(lead.conflicts.values_list("first", flat=True))
    claims = claims_of_others(matches(Company.of(lead), Lead.objects.all()), partner_id=lead.partner_id, on=on)
    new = [claim for claim in claims if claim.lead.pk not in decided]
    if new:
        Conflict.objects.bulk_create(
            Conflict(lead=lead, first=claim.lead, recognised_by=claim.by, at=at) for claim in new
        )
        return False
    until = on + timedelta(days=program.protection_days)
    lead.protected_until, lead.reviewed_at = until, at
    lead.save(update_fields=["protected_until", "reviewed_at"])
    tell_of_decision(
        lead,
        key=f"lead:{lead.pk}:reviewed:{until}",
        subject=f"{lead.company} is your lead",
        paragraphs=(f"The review is over. The lead is yours, and it is protected until {until:%-d %B %Y}.",),
        at=at,
    )
    write_audit(by=by, at=at, action="lead review ended", subject=f"lead {lead.pk}", until=until)
    return True
