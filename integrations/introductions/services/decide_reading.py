"""What sales decides about a message: one step, one function."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit
from affiliates.models import Partner
from integrations.introductions.models import Reading, State, Why
from integrations.introductions.proposal import Proposal
from integrations.introductions.services.make_lead import make_lead
from integrations.introductions.services.settle_reading import SettledMeanwhile, settle_reading
from integrations.introductions.services.tell_sender import tell_sender
from referrals.models import Lead
from referrals.models.lead import Stage
from referrals.services.correct_lead import correct_lead
from referrals.services.move_lead import move_lead


class NotPossible(Exception):
    """The message cannot become that; the sentence says why."""


@needs(Right.MOVE_LEADS)
def take_introduction(
    *, reading: Reading, partner: Partner, proposal: Proposal, by: User | None, at: datetime
) -> Reading:
    """This function will make a lead of a message that waited for a person, as of when it came.

    :raises NotPossible: nothing proves where the message comes from, or the sender is not one of the partner's people
    :raises SettledMeanwhile: somebody decided about it meanwhile
    :raises AlreadyYours: the company is the partner's lead already; join the message to it
    :raises PartnerNotActive: the partnership had not begun when it came, or had ended
    :raises TooManyToday: the partner registered as many leads as a day takes
    """
    with _locked(reading) as reading:
        if reading.state not in (State.WAITS, State.LEFT):
            raise SettledMeanwhile(f"It is at “{reading.get_state_display()}” already")
        if not reading.may_become_lead or reading.member is None:
            raise NotPossible("It is not proven to come from a partner’s person. Ask the partner to register the lead")
        if not reading.member.memberships.filter(partner=partner).exists():
            raise NotPossible(f"{reading.member} does not act for {partner}")
        lead = make_lead(reading, partner=partner, proposal=proposal, why=Why.BY_HAND, at=at, by=by)
        _confirm(reading, by, at)
        _audit("introduction taken", reading, by, at, lead=lead.pk)
        tell_sender(reading, at=at)
    return reading


@needs(Right.MOVE_LEADS)
def confirm_introduction(*, reading: Reading, proposal: Proposal, by: User | None, at: datetime) -> Reading:
    """This function will confirm company and contact of an introduction, put right where they were guessed wrongly.

    :raises SettledMeanwhile: it is no lead, or somebody confirmed it
    :raises AlreadyYours: the partner has another lead of that company
    :raises CannotBeCorrected: the lead has ended
    """
    with _locked(reading) as reading:
        if reading.state != State.LEAD or reading.lead is None or reading.confirmed_at is not None:
            raise SettledMeanwhile("Somebody decided about it before you did")
        lead = reading.lead
        if (lead.company, lead.contact, lead.email, lead.domain) != _values(proposal):
            company, contact, email, domain = _values(proposal)
            correct_lead(lead=lead, company=company, contact=contact, email=email, domain=domain, by=by, at=at)
        _confirm(reading, by, at)
        _audit("introduction confirmed", reading, by, at)
    return reading


@needs(Right.MOVE_LEADS)
def join_lead(*, reading: Reading, lead: Lead, by: User | None, at: datetime) -> Reading:
    """This function will put a message to a lead, where everybody who sees the lead finds it.

    :raises SettledMeanwhile: it belongs to a lead already
    """
    with _locked(reading) as reading:
        settle_reading(reading, to=State.JOINED, why=Why.BY_HAND, at=at, by=by, lead=lead)
        _audit("message joined", reading, by, at, lead=lead.pk)
    return reading


@needs(Right.MOVE_LEADS)
def call_no_introduction(*, reading: Reading, reason: str, by: User | None, at: datetime) -> Reading:
    """This function will say that a message introduces nobody; a lead that was made of it is rejected with the reason,
    which its partner sees.

    :raises NotPossible: a lead was made of it, and no reason is given
    :raises SettledMeanwhile: it was left alone already
    :raises LeadCannotMove: the lead of it has ended
    """
    with _locked(reading) as reading:
        lead = reading.lead if reading.state == State.LEAD else None
        if lead is not None:
            if not reason.strip():
                raise NotPossible("Say why; the partner sees it at the lead")
            if lead.stage != Stage.REJECTED:
                move_lead(lead=lead, to=Stage.REJECTED, by=by, at=at, reason=reason)
        settle_reading(
            reading, to=State.LEFT, why=Why.NO_INTRODUCTION, at=at, by=by, details=reason,
            confirmed_at=None, confirmed_by=None,
        )  # fmt: skip
        _audit("no introduction", reading, by, at, reason=reason)
    return reading


@needs(Right.MOVE_LEADS)
def read_again(*, reading: Reading, by: User | None, at: datetime) -> Reading:
    """This function will have a message read anew, after a setting was mended or somebody was invited.

    :raises SettledMeanwhile: it belongs to a lead
    """
    with _locked(reading) as reading:
        settle_reading(reading, to=State.NEW, why=Why.NOT_YET, at=at, by=by, details="", lead=None)
        _audit("message read again", reading, by, at)
    return reading


@contextmanager
def _locked(reading: Reading) -> Iterator[Reading]:
    with transaction.atomic():
        rows = Reading.objects.select_for_update(of=("self",)).select_related("message", "lead", "member", "partner")
        yield rows.get(pk=reading.pk)


def _confirm(reading: Reading, by: User | None, at: datetime) -> None:
    reading.confirmed_by, reading.confirmed_at = by, at
    reading.save(update_fields=["confirmed_by", "confirmed_at"])


def _values(proposal: Proposal) -> tuple[str, str, str, str]:
    return proposal.company, proposal.contact, proposal.email, proposal.domain


def _audit(action: str, reading: Reading, by: User | None, at: datetime, **details: object) -> None:
    subject = f"lead {reading.lead_id}" if reading.lead_id else f"message {reading.pk}"
    write_audit(by=by, at=at, action=action, subject=subject, message=reading.pk, **details)
