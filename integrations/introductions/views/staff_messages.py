"""Messages that came in: what waits for sales, one message as it is safe to show, and what is decided about it."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.rights import Right
from affiliates.staff_page import StaffRequest, moment, staff_page, who
from integrations.introductions.apart import attached_apart
from integrations.introductions.filters import MessagesFilter
from integrations.introductions.forms import JoinForm, NoIntroductionForm, ProposalForm, TakeForm
from integrations.introductions.letter import Address, CannotRead, Letter
from integrations.introductions.models import Reading, State
from integrations.introductions.services.decide_reading import (
    NotPossible,
    call_no_introduction,
    confirm_introduction,
    join_lead,
    read_again,
    take_introduction,
)
from integrations.introductions.services.settle_reading import SettledMeanwhile
from integrations.introductions.standing import standing
from parts.formats import counted, day
from parts.listing import Column, Listing
from parts.shapes import Badge, Cell, Document, Empty, Tone
from referrals.services.correct_lead import CannotBeCorrected
from referrals.services.move_lead import LeadCannotMove
from referrals.services.register_lead import AlreadyYours, PartnerNotActive, TooManyToday

Refusals = (
    NotPossible, SettledMeanwhile, AlreadyYours, PartnerNotActive, TooManyToday, CannotBeCorrected, LeadCannotMove,
)  # fmt: skip
TONES = {
    State.NEW: Tone.NEUTRAL,
    State.LEAD: Tone.GOOD,
    State.JOINED: Tone.GOOD,
    State.WAITS: Tone.WAITING,
    State.LEFT: Tone.NEUTRAL,
    State.FAILED: Tone.BAD,
}
TO_CONFIRM = Badge("To confirm", Tone.WAITING)
COLUMNS = {
    "state": Column("What became of it", sort=("state",)),
    "came": Column("Came", sort=("pk",)),
    "sender": Column("Sender", sort=("partner__name", "sender")),
    "subject": Column("Subject"),
    "company": Column("Company", sort=("company",)),
}
UNPROCESSABLE = 422
NOT_FOUND = "There is no such attachment"


@staff_page(Right.MOVE_LEADS)
@require_safe
def staff_introductions(request: StaffRequest) -> HttpResponseBase:
    """The messages that wait for somebody, and behind a filter all that came."""
    listing = Listing(
        request=request,
        rows=Reading.objects.select_related("message", "partner", "lead").defer("letter", "message__raw"),
        columns=COLUMNS,
        line=_line,
        default="-came",
        empty=Empty(
            "No message waits", "Introductions that partners send by e-mail become leads; you confirm them here."
        ),
        filters=MessagesFilter,
        label="Messages",
    )
    stands = standing(at=timezone.now())
    waits = f"{counted(stands.waiting, 'waits', 'wait')} for somebody." if stands.waiting else "None waits."
    context = {"title": "Introductions", "lead": f"{waits} {stands.says}", "listing": listing}
    return render(request, "introductions/staff/messages.html", context)


@staff_page(Right.MOVE_LEADS)
@require_safe
def staff_introduction(request: StaffRequest, pk: int) -> HttpResponseBase:
    """One message: what it says, and what can be done with it."""
    return _page(request, _find(pk))


@staff_page(Right.MOVE_LEADS)
@require_POST
def staff_introduction_confirm(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Company and contact are right, or right now."""

    def confirm(*, reading: Reading, form: ProposalForm, **told: Any) -> object:
        return confirm_introduction(reading=reading, proposal=form.proposal, **told)

    return _take(request, pk, "confirm", ProposalForm(request.POST, prefix="confirm"), confirm, "It is confirmed.")


@staff_page(Right.MOVE_LEADS)
@require_POST
def staff_introduction_take(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Make a lead of it."""

    def take(*, reading: Reading, form: TakeForm, **told: Any) -> object:
        partner = form.cleaned_data["partner"]
        return take_introduction(reading=reading, partner=partner, proposal=form.proposal, **told)

    form = TakeForm(request.POST, reading=_find(pk), prefix="take")
    return _take(request, pk, "take", form, take, "It is a lead, as of the day on which it came.")


@staff_page(Right.MOVE_LEADS)
@require_POST
def staff_introduction_join(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Put it to a lead."""

    def join(*, reading: Reading, form: JoinForm, **told: Any) -> object:
        return join_lead(reading=reading, lead=form.cleaned_data["lead"], **told)

    return _take(request, pk, "join", JoinForm(request.POST, prefix="join"), join, "It stands at the lead now.")


@staff_page(Right.MOVE_LEADS)
@require_POST
def staff_introduction_leave(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Say that it introduces nobody."""

    def leave(*, reading: Reading, form: NoIntroductionForm, **told: Any) -> object:
        return call_no_introduction(reading=reading, reason=form.cleaned_data["reason"], **told)

    form = NoIntroductionForm(request.POST, has_lead=_find(pk).state == State.LEAD, prefix="leave")
    return _take(request, pk, "leave", form, leave, "It is left alone.")


@staff_page(Right.MOVE_LEADS)
@require_POST
def staff_introduction_again(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Have it read anew."""

    def again(*, reading: Reading, form: forms.Form, **told: Any) -> object:
        return read_again(reading=reading, **told)

    return _take(request, pk, "again", forms.Form(request.POST), again, "It is read again, within a minute.")


@staff_page(Right.MOVE_LEADS)
@require_safe
def staff_introduction_file(request: StaffRequest, pk: int, number: int) -> HttpResponse:
    """What an attachment holds, to be saved: no browser is to open what a stranger sent."""
    reading = _find(pk)
    letter = reading.written
    found = next((each for each in letter.attachments if each.number == number), None) if letter else None
    if found is None or not reading.message.is_whole:
        raise Http404(NOT_FOUND)
    try:
        content = attached_apart(bytes(reading.message.raw), number)
    except CannotRead as refused:
        raise Http404(NOT_FOUND) from refused
    return _download(content, found.name)


@staff_page(Right.MOVE_LEADS)
@require_safe
def staff_introduction_raw(request: StaffRequest, pk: int) -> HttpResponse:
    """The message as it came, to be saved."""
    return _download(bytes(_find(pk).message.raw), f"message-{pk}.eml")


def _download(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="application/octet-stream")
    safe = "".join(sign if sign.isalnum() or sign in " ._-" else "_" for sign in name)[:100] or "file"
    plain = safe.encode("ascii", "replace").decode().replace("?", "_")
    response["Content-Disposition"] = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(safe)}"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def _find(pk: int) -> Reading:
    rows = Reading.objects.select_related("message", "partner", "lead__partner", "member", "settled_by", "confirmed_by")
    return get_object_or_404(rows, pk=pk)


def _take(
    request: StaffRequest, pk: int, name: str, form: forms.Form, step: Callable[..., object], done: str
) -> HttpResponseBase:
    """This function will take a step that a form of the page asks for, or show the page with what is wrong."""
    reading = _find(pk)
    if form.fields and _offers(reading).get(name) is None:
        messages.error(request, f"It is at “{reading.get_state_display()}” now. Nothing was changed.")
        return redirect("staff_introduction", pk)
    if form.is_valid():
        try:
            step(reading=reading, form=form, by=request.user, at=timezone.now())
        except Refusals as refused:
            if not form.fields or isinstance(refused, SettledMeanwhile):
                messages.error(request, f"{refused}.")
                return redirect("staff_introduction", pk)
            form.add_error(None, f"{refused}.")
        else:
            messages.success(request, done)
            return redirect("staff_introduction", pk)
    return _page(request, _find(pk), **{name: form})


def _page(request: StaffRequest, reading: Reading, **sent: forms.Form) -> HttpResponse:
    letter = reading.written or Letter()
    context: dict[str, Any] = {
        "title": str(reading),
        "lead": _sentence(reading),
        "back": (reverse("staff_introductions"), "Introductions"),
        "reading": reading,
        "letter": letter,
        "badges": _badges(reading),
        "headers": list(_headers(reading, letter)),
        "documents": [
            Document(
                each.name, f"{each.kind}, {each.size:,} bytes",
                reverse("staff_introduction_file", args=[reading.pk, each.number]), "File",
            )
            for each in letter.attachments
        ],
        "others": [f"{each['name']} {each['email']}".strip() for each in reading.others],
        "may_read_again": reading.state in (State.WAITS, State.LEFT, State.FAILED),
    }  # fmt: skip
    context |= _offers(reading) | sent
    return render(request, "introductions/staff/message.html", context, status=UNPROCESSABLE if sent else 200)


def _offers(reading: Reading) -> dict[str, forms.Form]:
    """The forms of what can be decided about a message as it stands."""
    guessed = {name: getattr(reading, name) for name in ("company", "contact", "email", "domain")}
    is_lead = reading.state == State.LEAD
    found: dict[str, forms.Form] = {}
    if is_lead and reading.confirmed_at is None and reading.lead is not None and not reading.lead.has_ended:
        found["confirm"] = ProposalForm(
            initial={name: getattr(reading.lead, name) for name in guessed}, prefix="confirm"
        )
    if reading.may_become_lead and reading.member is not None:
        found["take"] = TakeForm(initial=guessed | {"partner": reading.partner}, reading=reading, prefix="take")
    if reading.state in (State.WAITS, State.LEFT, State.FAILED):
        found["join"] = JoinForm(initial={"lead": reading.lead_id}, prefix="join")
    if reading.state not in (State.LEFT, State.NEW):
        found["leave"] = NoIntroductionForm(has_lead=is_lead, prefix="leave")
    return found


def _sentence(reading: Reading) -> str:
    if reading.state == State.LEAD and reading.lead is not None:
        on = day(reading.lead.registered_on)
        if reading.confirmed_at is None:
            return f"It became a lead of {reading.partner} on {on}. Company and contact are guessed: put them right."
        return f"It became a lead of {reading.partner} on {on}."
    if reading.state == State.JOINED:
        return f"It stands at the lead “{reading.lead}”. {reading.get_why_display()}."
    return f"{reading.get_state_display()}: {reading.get_why_display()[:1].lower()}{reading.get_why_display()[1:]}."


def _badges(reading: Reading) -> list[Badge]:
    badges = [Badge(reading.get_state_display(), TONES[State(reading.state)])]
    if reading.state == State.LEAD and reading.confirmed_at is None:
        badges.append(TO_CONFIRM)
    if reading.lead is not None and reading.state == State.LEAD and not reading.lead.is_attested:
        badges.append(Badge("Not confirmed by its partner", Tone.WAITING))
    return badges


def _headers(reading: Reading, letter: Letter) -> Iterator[tuple[str, str]]:
    message = reading.message
    told: Sequence[tuple[str, str]] = (
        ("From", _people(letter.senders)),
        ("To", _people(letter.to)),
        ("Cc", _people(letter.cc)),
        ("Dated", letter.date),
        ("Came", f"{moment(message.received_at)}, {message.get_source_display().lower()}"),
        ("Delivered to", message.envelope_recipient),
        ("Sender", reading.proof),
        ("Details", reading.details),
        ("Error", reading.error),
        ("Partner’s person", reading.member.get_full_name() if reading.member else ""),
        ("Confirmed", f"{moment(reading.confirmed_at)}, {who(reading.confirmed_by)}" if reading.confirmed_at else ""),
        ("Decided by", who(reading.settled_by) if reading.settled_by else ""),
        ("Size", f"{message.size:,} bytes{'' if message.is_whole else '; only its headers are kept'}"),
    )
    return ((name, text) for name, text in told if text)


def _people(people: Sequence[Address]) -> str:
    return ", ".join(f"{each.name} <{each.email}>" if each.name else each.email for each in people)


def _line(reading: Reading) -> Sequence[Cell]:
    is_open = reading.state == State.LEAD and reading.confirmed_at is None
    badge = TO_CONFIRM if is_open else _badges(reading)[0]
    return (
        Cell(badge=badge, below=reading.get_why_display()),
        Cell(moment(reading.message.received_at)),
        Cell(reading.partner.name, below=reading.sender) if reading.partner else Cell(reading.sender or "–"),
        Cell(str(reading), url=reverse("staff_introduction", args=[reading.pk])),
        Cell(
            reading.lead.company if reading.lead else reading.company or "–",
            url=reverse("staff_lead", args=[reading.lead_id]) if reading.lead_id else "",
        ),
    )
