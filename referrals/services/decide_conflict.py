from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit
from affiliates.models import Partner, Program
from referrals.models import Conflict, Lead
from referrals.models.conflict import ConflictKind, ConflictState
from referrals.models.lead import Stage
from referrals.recognition import DID_NOT_COME, one_at_a_time
from referrals.services.free_waiting import close_conflict, end_review, free_waiting, write_decision
from referrals.services.move_lead import protect_longer, take_step
from referrals.services.tell_of_lead import tell_of_decision, tell_of_protection

# What the partner reads whose registration is not credited. It is the same whoever came first, and names nobody.
REASONS = {
    ConflictKind.LEAD: "Duplicate: after a review, the company is not credited to this registration (7).",
    ConflictKind.CUSTOMER: "Existing customer: the company is a customer already.",
    ConflictKind.BLOCKED: "Not qualified: the program does not take up leads of this company.",
}


class ConflictIsDecided(Exception):
    """The conflict was decided before; `conflict` says how."""

    def __init__(self, conflict: Conflict) -> None:
        who = conflict.decided_by.get_full_name() if conflict.decided_by else "The system"
        when = timezone.localtime(conflict.decided_at)
        super().__init__(f"{who} decided it on {when:%-d %B at %H:%M}: “{conflict.get_state_display()}”")
        self.conflict = conflict


class CannotDecide(Exception):
    """The conflict cannot be decided like that; the message says what stands in the way."""


@needs(Right.DECIDE_CONFLICTS)
def decide_conflict(*, conflict: Conflict, to: ConflictState, reason: str, by: User | None, at: datetime) -> Conflict:
    """This function will decide which of two registrations a company belongs to, and tell each partner of its own.

    With `ConflictState.FIRST` what was there first stays, and the later registration is rejected. With
    `ConflictState.LATER` the later one is protected from now on, unless something else stands against it, and the
    first is rejected. Both leads stay with their history. `reason` is for colleagues alone.

    :raises ConflictIsDecided: somebody decided it before
    :raises CannotDecide: the reason is missing, the lead to be credited has ended, or the other one was won
    """
    with transaction.atomic():
        one_at_a_time()
        conflict = Conflict.objects.select_for_update(no_key=True, of=("self",)).get(pk=conflict.pk)
        if conflict.state != ConflictState.OPEN:
            raise ConflictIsDecided(conflict)
        keys = [key for key in (conflict.lead_id, conflict.first_id) if key]
        rows = Lead.objects.select_for_update(no_key=True, of=("self",)).select_related("partner")
        leads = {lead.pk: lead for lead in rows.filter(pk__in=keys).order_by("pk")}
        later, first = leads[conflict.lead_id], leads.get(conflict.first_id or 0)
        _check(later, first, to, reason, by, at)
        close_conflict(conflict, to, reason=reason.strip(), by=by, at=at)
        # The partner of the first registration is not to know that there was another.
        write_decision(later, is_credited=to == ConflictState.LATER, at=at)
        loser = later if to == ConflictState.FIRST else first
        _reject(loser, conflict, by, at)
        if to == ConflictState.FIRST:
            _protect_again(first, at)
        else:
            end_review(later, by=by, at=at)
        if loser is not None and loser.stage in DID_NOT_COME:
            free_waiting(loser, at=at)  # After the winner is protected, so that others wait for it.
        for key in keys:
            write_audit(
                by=by,
                at=at,
                action="conflict decided",
                subject=f"lead {key}",
                conflict=conflict.pk,
                to=to,
                reason=reason,
            )
    return conflict


def _check(later: Lead, first: Lead | None, to: ConflictState, reason: str, by: User | None, at: datetime) -> None:
    if to not in (ConflictState.FIRST, ConflictState.LATER):
        raise CannotDecide("Choose one of the two")
    if not reason.strip():
        raise CannotDecide("Write the reason: colleagues and the audit trail keep it, partners do not see it")
    partners = [lead.partner for lead in (later, first) if lead is not None]
    if by is not None and by.memberships.filter(partner__in=partners).exists():
        raise CannotDecide(f"{by.get_full_name()} acts for one of the partners; somebody else has to decide")
    if to == ConflictState.FIRST and first is not None and first.stage in DID_NOT_COME:
        raise CannotDecide(
            f"The first lead is “{first.get_stage_display()}” and cannot be credited; decide for the later"
        )
    if to == ConflictState.LATER and first is not None and first.stage == Stage.WON:
        raise CannotDecide("The first lead was won. Decide for it, or have a program manager take back the win first")
    if to == ConflictState.LATER and later.has_ended:
        raise CannotDecide(
            f"The later lead is “{later.get_stage_display()}” and cannot be credited; decide for the first"
        )
    winner: Partner | None = later.partner if to == ConflictState.LATER else None
    if winner is not None and not winner.is_active(on=Program.current().day(at)):
        raise CannotDecide(f"The partnership with {winner} is not active; decide for the first")


def _reject(lead: Lead | None, conflict: Conflict, by: User | None, at: datetime) -> None:
    """The registration that is not credited ends, and its partner is told so and nothing of any other."""
    if lead is None or lead.has_ended:
        return
    step = take_step(lead, to=Stage.REJECTED, by=by, at=at, reason=REASONS[ConflictKind(conflict.kind)])
    tell_of_decision(
        lead,
        key=f"lead:{lead.pk}:{step.pk}",
        subject=f"{lead.company} was not accepted",
        paragraphs=("Sales has reviewed the registration and does not take it up.", f"What sales says: {step.reason}"),
        at=at,
    )


def _protect_again(lead: Lead | None, at: datetime) -> None:
    """A lead that keeps its company keeps its protection; one that ran out meanwhile is protected from now on."""
    program = Program.current()
    on = program.day(at)
    if lead is None or lead.has_ended or lead.protected_until is None or lead.protected_until >= on:
        return
    until = on + timedelta(days=program.protection_days)
    if not protect_longer(lead, on=on, until=until):
        return
    lead.save(update_fields=["protected_until"])
    tell_of_protection(
        lead,
        key=f"lead:{lead.pk}:extended:{until}",
        subject=f"{lead.company} is protected until {until:%-d %B %Y}",
        text="Sales has extended the protection of the lead. Till then no other partner is credited for it.",
        at=at,
    )
