"""What sales reads of a lead: how it fits, by which way it came, and everything that happened, in one line of time."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import Q
from django.utils import timezone

from accounts.models import AuditEntry, User
from parts.formats import counted, day
from parts.shapes import Badge, Event, Tone
from referrals.correspondence import mail_of
from referrals.models import Click, Conflict, Lead
from referrals.models.conflict import ConflictState
from referrals.models.conversation import RequestState
from referrals.models.lead import AGENTS, EMPLOYEES, Channel, Stage

FITS = Badge("Fits the profile", Tone.GOOD)
FITS_PERHAPS = Badge("Size not known", Tone.NEUTRAL)
OUTSIDE = Badge("Outside the profile", Tone.WAITING)
STEP_TONES = {Stage.WON: Tone.GOOD, Stage.REJECTED: Tone.BAD, Stage.LOST: Tone.BAD}
ATTESTED = "the company is interested and not known to violate TCPA, FTC, FCC or DNC rules (14, A)"
NOT_ATTESTED = "Not yet. The partner confirms it on the lead’s page; till then the lead stays where it is."
CLICKS_SHOWN = 5
ENTRIES_SHOWN = 200
# What the audit trail alone knows of a lead.
ENTRIES = {
    "lead attested": "The partner confirmed it",
    "lead corrected": "Company and contact corrected",
    "lead assigned": "Assigned",
    "lead planned": "Next step planned",
    "demo planned": "Demo planned",
    "protection extended": "Protection extended",
    "protection released": "Protection released",
    "lead review ended": "Review ended: protected",
}


# -- How it fits --


def fit(lead: Lead) -> tuple[Badge, list[str]]:
    """How a company fits the profile, in words for each of its numbers (A)."""
    lines = [_size("agent", lead.agents, AGENTS), _size("employee", lead.employees, EMPLOYEES)]
    if lead.is_outside_profile():
        return OUTSIDE, lines
    return FITS if lead.agents is not None or lead.employees is not None else FITS_PERHAPS, lines


def _size(word: str, number: int | None, profile: range) -> str:
    wanted = f"{profile.start} to {profile[-1]}"
    if number is None:
        return f"Number of {word}s not known; the profile is {wanted}"
    said = counted(number, word, f"{word}s")
    if number in profile:
        return f"{said}: within {wanted}"
    return f"{said}: {'fewer' if number < profile.start else 'more'} than the profile of {wanted}"


# -- By which way it came --


def evidence(lead: Lead) -> list[tuple[str, str]]:
    """What shows that the partner referred the company: who registered and attested it, or whose click it was."""
    who = str(lead.registered_by.get_full_name()) if lead.registered_by else ""
    rows = [("Channel", lead.get_channel_display()), ("Registered", _by(day(lead.registered_on), who))]
    rows.append(("Attested", f"{_attested(lead, who)}: {ATTESTED}" if lead.is_attested else NOT_ATTESTED))
    if lead.link is not None:
        rows.append(("Link", f"{lead.link} ({lead.link.name})"))
    if lead.click is not None:
        rows += _trail(lead.click)
    enquiry = getattr(lead, "enquiry", None)
    if enquiry is not None:
        rows.append(("Asked to be contacted", _moment(enquiry.asked_at)))
        rows.append(("Address confirmed", _moment(enquiry.confirmed_at)))
        rows.append(("Agreed to", enquiry.consent))
    return rows


def _attested(lead: Lead, who: str) -> str:
    if lead.channel == Channel.LINK:
        return "by the visitor’s own request"
    return str(lead.partner) if lead.channel == Channel.INTRODUCTION else who or str(lead.partner)


def _trail(click: Click) -> Iterator[tuple[str, str]]:
    """The click that is credited, and what else the same visitor clicked on that day."""
    yield "Credited click", _moment(click.at)
    if click.referrer:
        yield "Came from", click.referrer
    if click.agent:
        yield "Browser", click.agent
    if click.visitor:
        same = Click.objects.filter(link=click.link_id, visitor=click.visitor).exclude(pk=click.pk)
        if times := [_moment(at) for at in same.order_by("-at").values_list("at", flat=True)[:CLICKS_SHOWN]]:
            yield "Other clicks of the visitor", ", ".join(times)


def _by(text: str, who: str) -> str:
    return f"{text}, by {who}" if who else text


def _moment(at: Any) -> str:
    return f"{timezone.localtime(at):%-d %b %Y, %H:%M}" if at else "–"


# -- What happened --


def events(lead: Lead) -> list[Event]:
    """Everything that happened with a lead, the newest first."""
    found = [
        *_steps(lead),
        *_talk(lead),
        *_requests(lead),
        *_notes(lead),
        *_conflicts(lead),
        *_entries(lead),
        *mail_of(lead),
    ]
    return sorted(found, key=lambda event: event.at)[::-1]


def _steps(lead: Lead) -> Iterator[Event]:
    for step in lead.steps.select_related("by"):
        tone = STEP_TONES.get(Stage(step.stage), Tone.INFO)
        yield Event(step.get_stage_display(), step.at, _who(step.by), step.reason, tone)


def _talk(lead: Lead) -> Iterator[Event]:
    for message in lead.messages.select_related("by"):
        title = "Answered the partner" if message.is_from_sales else "The partner asked"
        tone = Tone.GOOD if message.is_from_sales else Tone.WAITING
        yield Event(title, message.at, _who(message.by), message.text, tone)


def _requests(lead: Lead) -> Iterator[Event]:
    for asked in lead.requests.select_related("by", "answered_by"):
        wish = asked.get_wish_display()
        yield Event(f"The partner asks: {wish.lower()}", asked.at, _who(asked.by), asked.text, Tone.WAITING)
        if asked.answered_at is not None:
            tone = Tone.GOOD if asked.state == RequestState.GRANTED else Tone.BAD
            title = f"{asked.get_state_display()}: {wish.lower()}"
            yield Event(title, asked.answered_at, _who(asked.answered_by), asked.answer, tone)


def _notes(lead: Lead) -> Iterator[Event]:
    for note in lead.notes.select_related("by"):
        yield Event("Note for colleagues", note.at, _who(note.by), note.text)


def _conflicts(lead: Lead) -> Iterator[Event]:
    rows = Conflict.objects.filter(Q(lead=lead) | Q(first=lead))
    for conflict in rows.select_related("lead__partner", "first__partner", "decided_by"):
        yield Event(f"Conflict: {said_of(conflict, lead)}", conflict.at, tone=Tone.WAITING)
        if conflict.decided_at is not None and conflict.state != ConflictState.OPEN:
            title = f"Conflict: {conflict.get_state_display()[:1].lower()}{conflict.get_state_display()[1:]}"
            yield Event(title, conflict.decided_at, _who(conflict.decided_by), conflict.reason, Tone.INFO)


def said_of(conflict: Conflict, lead: Lead) -> str:
    """What a conflict says from the side of one of its leads."""
    if conflict.first is None:
        return f"{conflict.get_kind_display().lower()}, {conflict.known_as}"
    other = conflict.first if conflict.lead_id == lead.pk else conflict.lead
    when = "first" if conflict.lead_id == lead.pk else "too"
    return f"{other.partner} registered it {when}"


def _entries(lead: Lead) -> Iterator[Event]:
    rows = AuditEntry.objects.filter(subject=f"lead {lead.pk}", action__in=ENTRIES).select_related("by")
    for entry in rows[:ENTRIES_SHOWN]:
        yield Event(ENTRIES[entry.action], entry.at, _who(entry.by) or "By rule", _details(entry))


def _details(entry: AuditEntry) -> str:
    told = entry.details
    if entry.action == "lead assigned":
        return f"To {told.get('to', '')}"
    if entry.action == "lead planned":
        step, on = told.get("next_step", ""), told.get("on") or ""
        return f"{step} · {day(date.fromisoformat(on))}" if on and on != "None" else step
    if entry.action == "demo planned":
        return "The partner joins" if told.get("partner_joins") else ""
    return f"Until {day(date.fromisoformat(told['until']))}" if told.get("until") else ""


def _who(by: User | None) -> str:
    return by.get_full_name() if by else ""
