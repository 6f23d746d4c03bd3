"""A lead and its deal are brought into step: read there, weighed, written there or moved here, and noted."""

import logging
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.sealed import DetailsUnreadable
from accounts.services.write_audit import write_audit
from integrations.crm.models import OUR_FIELDS, Connection, LeadSync
from integrations.crm.models.connection import NUMBERS
from integrations.crm.services.fingerprint import fingerprint
from integrations.crm.services.learn_stages import learn_stages
from integrations.crm.services.move_sync import Claim, claim, fail, give_back, park, settle
from integrations.crm.services.open_client import Clock, open_client
from integrations.crm.services.rest import UNREADABLE, rest, work_again
from integrations.crm.services.take_fields import take_fields
from integrations.crm.services.tell_sales import tell_sales
from integrations.crm.services.weigh_stages import Sides, Step, Verdict, weigh
from integrations.crm.vendors.common import (
    CrmClient,
    LeadRecord,
    NotSignedIn,
    Pushed,
    Refused,
    Theirs,
    TryAgain,
    Value,
)
from referrals.models import Lead
from referrals.models.lead import Stage
from referrals.services.move_lead import LeadCannotMove, MovedMeanwhile, move_lead

AT_ONCE = 500
FAULT = "Something here went wrong; the log of the worker says what"
LONGEST = timedelta(seconds=20)  # The next minute goes on, so that CRMs do not hold all workers.
IN_A_ROW = 3  # So many tries without an answer, and the rest waits for the next minute.
MOST_PUT_BACK = 3
WRONG_CLOCK = timedelta(minutes=2)  # Clocks that differ by more are not of the same time.
LONGEST_SHOWN = 60
UNDER_REVIEW = "Under review: nothing is written until sales has decided."


logger = logging.getLogger(__name__)


class _TakenOver(Exception):
    """Another worker has the lead by now, and what this one did is undone."""


def settle_leads(*, connection_id: UUID, clock: Clock, only: Collection[str] | None = None) -> int:
    """This function will bring what is due into step with a CRM, one lead after the other, and count the tries.

    `only` names the deals that are looked at, where not all are.
    """
    began = clock()
    connection = Connection.objects.at_work(at=began).filter(pk=connection_id).first()
    if connection is None or not connection.is_mapped:
        return 0
    tried = unanswered = 0
    try:
        with open_client(connection, clock=clock) as client:
            while tried < AT_ONCE and unanswered < IN_A_ROW and clock() - began < LONGEST:
                if (claimed := claim(connection, at=clock(), only=only)) is None:
                    break
                tried += 1
                try:
                    _settle(claimed, client, clock)
                    unanswered = 0
                except TryAgain as failure:
                    if failure.after is not None:
                        give_back(claimed, at=clock())
                        rest(connection, f"{connection}: {failure}", seconds=failure.after, at=clock())
                        return tried
                    fail(claimed, f"{connection}: {failure}", at=clock())
                    unanswered += 1
                except Refused as refusal:
                    park(claimed, f"{connection} refused it: {refusal}", at=clock())
                except IntegrityError:
                    park(claimed, f"{connection} gave the number of a deal that belongs to another lead.", at=clock())
                except (NotSignedIn, DetailsUnreadable):
                    give_back(claimed, at=clock())
                    raise
                except Exception as error:  # Whatever it is, it must not stop the other leads.
                    logger.exception("Lead %s and %s", claimed.lead.pk, connection)
                    fail(claimed, f"{FAULT} ({type(error).__name__})", at=clock())
    except NotSignedIn as refusal:
        rest(connection, f"{connection} does not let us in: {refusal}", at=clock())
    except DetailsUnreadable:
        rest(connection, UNREADABLE, at=clock())
    else:
        if tried and not unanswered:
            work_again(connection)
    return tried


def values_of(lead: Lead, connection: Connection) -> dict[str, Value]:
    """What a CRM is told of a lead, by our names for it: what is mapped, and nothing else."""
    said: dict[str, Value] = {
        "company": lead.company,
        "domain": lead.domain,
        "contact": lead.contact,
        "email": lead.email,
        "agents": lead.agents,
        "employees": lead.employees,
        "crm": lead.get_crm_display() if lead.crm else "",
        "note": lead.note,
        "partner": lead.partner.name,
        "channel": lead.get_channel_display(),
    }
    return {ours: said[ours] for ours in connection.fields}


def _settle(claimed: Claim, client: CrmClient, clock: Clock) -> None:
    sync, lead, connection = claimed.sync, claimed.lead, claimed.sync.connection
    values = values_of(lead, connection)
    if not sync.their_id:
        _begin(claimed, client, values, clock)
        return
    theirs = client.read(sync.their_id, [*connection.fields.values(), connection.key_field])
    if theirs is None:
        said = f"The deal was deleted in {connection}. Write it anew, or leave it."
        settle(claimed, at=clock(), is_gone=True, task=said, differs="", note="")
        return
    if theirs.id != sync.their_id:
        if not _is_still_ours(sync, theirs):
            said = f"The deal was merged in {connection} into one that is not this lead’s. Write it anew, or leave it."
            settle(claimed, at=clock(), is_gone=True, task=said, differs="", note="")
            return
        sync.their_id = theirs.id
    if corrected := take_fields(sync, lead, theirs, at=clock()):
        claimed, lead, values = Claim(sync, corrected), corrected, values_of(corrected, connection)
    if not connection.knows(theirs.stage):
        learn_stages(connection, client)
    label = connection.label_of(theirs.stage)
    verdict = weigh(_sides(sync, lead, theirs), is_ours_later=lambda: _is_later(lead, theirs, client, clock()),
                    crm=str(connection), label=label)  # fmt: skip
    _carry_out(claimed, client, verdict, theirs, values, clock)


def _is_still_ours(sync: LeadSync, theirs: Theirs) -> bool:
    """Whether what a deal was merged into carries this lead's number, and is not known as another's."""
    others = LeadSync.objects.filter(connection=sync.connection, their_id=theirs.id).exclude(pk=sync.pk)
    return theirs.values.get(sync.connection.key_field) == sync.key and not others.exists()


def _begin(claimed: Claim, client: CrmClient, values: dict[str, Value], clock: Clock) -> None:
    """A lead that has no deal yet gets one; where a try before made it and was cut off, that one is found."""
    sync, lead, connection = claimed.sync, claimed.lead, claimed.sync.connection
    if lead.is_under_review:
        settle(claimed, at=clock(), note=UNDER_REVIEW)
        return
    target = connection.stages[lead.stage]
    pushed = client.push(LeadRecord(sync.key, target, _by_theirs(values, connection)), "")
    settle(
        claimed, at=clock(), their_id=pushed.id, stage=lead.stage, values=values, their_stage=target,
        their_updated_at=pushed.updated_at, task="", differs="", note="", put_back=0,
    )  # fmt: skip


def _sides(sync: LeadSync, lead: Lead, theirs: Theirs) -> Sides:
    connection = sync.connection
    return Sides(
        ours=Stage(lead.stage),
        settled=sync.stage,
        target=connection.stages[lead.stage],
        theirs=theirs.stage,
        seen=sync.their_stage,
        candidates=connection.ours_of(theirs.stage),
        is_under_review=lead.is_under_review,
    )


def _is_later(lead: Lead, theirs: Theirs, client: CrmClient, at: datetime) -> bool:
    """Whether the lead was moved here after the deal was moved there; at the same moment ours counts.

    Where the two clocks differ by much one of them is wrong, and theirs is read as ours.
    """
    since = client.stage_since(theirs)
    ahead = (client.now() or at) - at
    return lead.steps.latest("id").at >= (since - ahead if abs(ahead) > WRONG_CLOCK else since)


def _carry_out(
    claimed: Claim, client: CrmClient, verdict: Verdict, theirs: Theirs, values: dict[str, Value], clock: Clock
) -> None:
    sync, lead, connection = claimed.sync, claimed.lead, claimed.sync.connection
    changed = {ours: value for ours, value in values.items() if ours not in sync.values or sync.values[ours] != value}
    said: dict[str, Any] = {
        "their_id": sync.their_id,
        "values": values,
        "differs": _differences(connection, theirs, values, changed),
        "task": verdict.says if verdict.step == Step.ASK else "",
        "note": "",
        "put_back": sync.put_back if sync.stage == lead.stage else 0,  # Until the lead moves.
        "is_gone": False,
    }
    if verdict.step == Step.NOTHING and theirs.stage != connection.stages[lead.stage]:
        said["task"], said["note"] = sync.task, sync.note  # What was asked of a person still is.
    if verdict.step == Step.PUT_BACK:
        verdict = _put_back(sync, verdict, said, connection)
    writes = "" if verdict.step not in (Step.WRITE, Step.PUT_BACK) else connection.stages[lead.stage]
    if lead.is_under_review:
        writes, changed, said["values"], said["note"] = "", {}, sync.values, UNDER_REVIEW
    pushed = Pushed(theirs.id, theirs.updated_at)
    if writes or changed:
        pushed = client.push(LeadRecord(sync.key, writes, _by_theirs(changed, connection)), sync.their_id)
    # Where the stage was not written, somebody may have moved the deal since it was read: it is looked at once more.
    said |= {"their_updated_at": pushed.updated_at if writes else theirs.updated_at}
    if not lead.is_under_review:  # What changed meanwhile is weighed once the review is over.
        said |= {"their_stage": writes or theirs.stage, "stage": lead.stage}
    if verdict.step == Step.FOLLOW and verdict.to is not None:
        if not _follow(claimed, verdict.to, said, clock()):
            _refuse(claimed, client, theirs, said, clock)
        return
    if settle(claimed, at=clock(), **said) and said["task"] and said["task"] != sync.task:
        tell_sales(claimed, said["task"], at=clock())


def _put_back(sync: LeadSync, verdict: Verdict, said: dict[str, Any], connection: Connection) -> Verdict:
    """A deal that something there moves again each time is left where it is, for a person."""
    if sync.put_back < MOST_PUT_BACK:
        said |= {"put_back": sync.put_back + 1, "note": verdict.says}
        return verdict
    text = f"{connection} has moved the deal again each time it was put back. Look for what moves it there."
    said |= {"put_back": sync.put_back, "task": text}
    return Verdict(Step.ASK, says=text)


def _follow(claimed: Claim, to: Stage, said: Mapping[str, Any], at: datetime) -> bool:
    """Moves the lead as the deal was moved, and notes it in the same transaction; False where our rules forbid it."""
    sync, lead, connection = claimed.sync, claimed.lead, claimed.sync.connection
    try:
        with transaction.atomic():
            moved = move_lead(lead=lead, to=to, by=None, at=at, seen=Stage(lead.stage))
            write_audit(by=None, at=at, action="lead followed CRM", subject=f"lead {lead.pk}", crm=connection.kind,
                        deal=sync.their_id, stage=to.value)  # fmt: skip
            told = Lead.objects.annotate(print=fingerprint("", connection)).get(pk=moved.pk)
            moved_to = {"stage": to.value, "fingerprint": cast(Any, told).print, "put_back": 0}
            if not settle(claimed, at=at, **{**said, **moved_to}):
                raise _TakenOver
    except MovedMeanwhile:
        give_back(claimed, at=at)
    except _TakenOver:
        return True
    except LeadCannotMove:
        return False
    return True


def _refuse(claimed: Claim, client: CrmClient, theirs: Theirs, said: dict[str, Any], clock: Clock) -> None:
    """A move that our rules forbid for another reason than the order of stages: the deal goes back."""
    sync, lead, connection = claimed.sync, claimed.lead, claimed.sync.connection
    label = connection.label_of(theirs.stage)
    says = f"{connection} says “{label}”. The partner has yet to confirm the lead (14, A). The deal was put back."
    verdict = _put_back(sync, Verdict(Step.PUT_BACK, says=says), said, connection)
    if verdict.step == Step.PUT_BACK:
        pushed = client.push(LeadRecord(sync.key, connection.stages[lead.stage], {}), sync.their_id)
        said |= {"their_updated_at": pushed.updated_at, "their_stage": connection.stages[lead.stage]}
    settle(claimed, at=clock(), **said)


def _differences(
    connection: Connection, theirs: Theirs, values: Mapping[str, Value], changed: Mapping[str, Value]
) -> str:
    """Which fields say something else there, in words: what was changed there stays there, and ours here."""
    found = []
    for ours, value in values.items():
        here, there = _text(ours, value), _text(ours, theirs.values.get(connection.fields[ours], ""))
        if ours not in changed and here != there:
            found.append(f"{OUR_FIELDS[ours]}: {_shown(there)} there, {_shown(here)} here")
    return ". ".join(found)


def _text(ours: str, value: Value) -> str:
    text = " ".join(str(value).split()) if value is not None else ""
    return text.removesuffix(".0") if ours in NUMBERS else text


def _shown(text: str) -> str:
    if not text:
        return "nothing"
    return f"“{text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + '…'}”"


def _by_theirs(values: Mapping[str, Value], connection: Connection) -> dict[str, Value]:
    """Values by the CRM's own fields; a number that goes into a text is written as one."""
    numbers = {each["key"] for each in connection.choices["fields"] if each["is_number"]}
    found = {connection.fields[ours]: value for ours, value in values.items()}
    return {
        theirs: str(value) if isinstance(value, int) and theirs not in numbers else value
        for theirs, value in found.items()
    }
