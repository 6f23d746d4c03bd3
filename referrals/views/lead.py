from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from affiliates.acting import PartnerRequest, partner_page
from affiliates.views.form_elsewhere import LEADS_BACK, back_to_form
from parts.formats import short_day
from parts.shapes import Event, Tone
from referrals.forms.leads import AttestForm, DemoForm, ExtensionForm, MessageForm
from referrals.models import Demo, Lead, LeadRequest
from referrals.models.conversation import RequestState, Wish
from referrals.models.lead import Stage
from referrals.services.ask_for_lead import (
    BEFORE_THE_DEMO,
    AskedAlready,
    NothingToAsk,
    ask_for_extension,
    ask_to_join_demo,
)
from referrals.services.ask_sales import TooManyQuestions, ask_sales
from referrals.services.attest_lead import NothingToAttest, attest_lead
from referrals.views.leads import OUTSIDE, TONES, UNDER_REVIEW, show_size, stage_badge

ROAD = (Stage.SUBMITTED, Stage.QUALIFIED, Stage.DEMO_SCHEDULED, Stage.DEMO_DONE, Stage.PROPOSAL, Stage.WON)
NEXT = {
    Stage.SUBMITTED: "Sales checks whether the company fits and gets in touch with {contact}.",
    Stage.QUALIFIED: "Sales arranges a demo with {contact}.",
    Stage.DEMO_SCHEDULED: "Sales shows the product to {contact}.",
    Stage.DEMO_DONE: "Sales makes a proposal.",
    Stage.PROPOSAL: "{company} decides on the proposal.",
    Stage.WON: "The company is a client now; what it pays earns you commission after the waiting period.",
    Stage.LOST: "Nothing more happens here. When things change, you can register the company again.",
    Stage.REJECTED: "Nothing more happens here. When the reason is gone, you can register the company again.",
}
REVIEWED = "Sales reviews first whether this can be your lead. There is nothing for you to do; the outcome shows here."
RAN_OUT = "It ran out on {day}. Ask sales to extend it, and say how things stand."
REQUEST_TONES = {RequestState.GRANTED: Tone.GOOD, RequestState.DECLINED: Tone.BAD, RequestState.OPEN: Tone.WAITING}


@require_safe
@partner_page()
def lead(request: PartnerRequest, pk: int) -> HttpResponseBase:
    """A lead's page: where it stands, what happened, what sales said, and what to ask."""
    return _page(request, _find(request, pk))


@require_http_methods(LEADS_BACK)
@partner_page()
def lead_ask(request: PartnerRequest, pk: int) -> HttpResponseBase:
    """Ask sales something about the lead."""
    return _step(request, pk, MessageForm(request.POST, prefix="ask"), ask_sales, "Sales has your question.")


@require_http_methods(LEADS_BACK)
@partner_page()
def lead_extend(request: PartnerRequest, pk: int) -> HttpResponseBase:
    """Ask for a longer protection."""
    form = ExtensionForm(request.POST, prefix="extend")
    return _step(request, pk, form, ask_for_extension, "You asked for a longer protection; sales decides.")


@require_http_methods(LEADS_BACK)
@partner_page()
def lead_join_demo(request: PartnerRequest, pk: int) -> HttpResponseBase:
    """Ask to be invited to the demo."""
    form = DemoForm(request.POST, prefix="demo")
    return _step(request, pk, form, ask_to_join_demo, "You asked to join the demo; sales invites you.")


@require_http_methods(LEADS_BACK)
@partner_page()
def lead_attest(request: PartnerRequest, pk: int) -> HttpResponseBase:
    """Confirm a lead that came by e-mail; sent twice it is confirmed once."""
    if request.method == "POST" and _find(request, pk).is_attested:
        return redirect("lead", pk)
    company = request.acting.program.company_name
    form = AttestForm(request.POST, prefix="attest", company=company)
    return _step(request, pk, form, attest_lead, "The lead is confirmed. Sales goes on with it.")


def _find(request: PartnerRequest, pk: int) -> Lead:
    return get_object_or_404(Lead.objects.filter(partner=request.acting.partner), pk=pk)


def _step(
    request: PartnerRequest, pk: int, form: forms.Form, step: Callable[..., object], done: str
) -> HttpResponseBase:
    """This function will take what a form of the page asks to sales, or show the page with what is wrong."""
    found = _find(request, pk)
    if request.method != "POST":
        return back_to_form(request, "lead", pk)
    if form.is_valid():
        try:
            request.acting.do(step, lead=found, by=request.acting.user, at=timezone.now(), **form.cleaned_data)
        except (TooManyQuestions, AskedAlready, NothingToAsk, NothingToAttest) as error:
            form.add_error(None, f"{error}.")
        else:
            messages.success(request, done)
            return redirect("lead", pk)
    return _page(request, found, **{str(form.prefix): form})


def _page(request: PartnerRequest, shown: Lead, **sent: forms.Form) -> HttpResponseBase:
    asked = list(shown.requests.select_related("by", "answered_by").order_by("pk"))
    waiting = {each.wish: each for each in asked if each.state == RequestState.OPEN}
    is_open = not shown.has_ended and not request.acting.has_ended
    context: dict[str, Any] = {
        "title": shown.company,
        "lead": _sentence(shown),
        "back": (reverse("leads"), "Leads"),
        "shown": shown,
        "badges": _badges(shown),
        "road": road(shown),
        "facts": _facts(shown),
        "protection": _protection(shown, request),
        "client_url": f"{reverse('clients')}?{urlencode({'name': shown.company})}" if shown.stage == Stage.WON else "",
        "events": _events(shown, asked, request),
        "joins": Demo.objects.filter(lead=shown, partner_joins=True).first(),
        "talk": _talk(shown, request),
        "waiting_demo": waiting.get(Wish.DEMO),
        "waiting_extension": waiting.get(Wish.EXTENSION),
        "ask": None if request.acting.has_ended else sent.get("ask") or MessageForm(prefix="ask"),
        "extend": sent.get("extend"),
        "demo": sent.get("demo"),
    }
    if is_open and shown.protected_until is not None and Wish.EXTENSION not in waiting:
        context["extend"] = context["extend"] or ExtensionForm(prefix="extend")
    if is_open and shown.stage in BEFORE_THE_DEMO and Wish.DEMO not in waiting:
        context["demo"] = context["demo"] or DemoForm(prefix="demo")
    if is_open and not shown.is_attested:
        context["attest"] = sent.get("attest") or AttestForm(
            prefix="attest", company=request.acting.program.company_name
        )
    return render(request, "referrals/lead.html", context)


def _sentence(shown: Lead) -> str:
    if not shown.is_attested and not shown.has_ended:
        return "It came by e-mail and keeps its place. Confirm it below, and sales goes on with it."
    if shown.is_under_review:
        return REVIEWED
    return NEXT[Stage(shown.stage)].format(contact=shown.contact, company=shown.company)


def _badges(shown: Lead) -> list[Any]:
    found = [] if shown.stage in ROAD else [stage_badge(shown)]
    if shown.is_under_review:
        found.append(UNDER_REVIEW)
    if shown.is_outside_profile():
        found.append(OUTSIDE)
    return found


def road(shown: Lead) -> list[tuple[str, str]]:
    """The stages to won, each with whether it is past, now or ahead; empty for a lead that left the road."""
    if shown.stage not in ROAD:
        return []
    place = ROAD.index(Stage(shown.stage))
    return [(stage.label, "past" if at < place else "now" if at == place else "ahead") for at, stage in enumerate(ROAD)]


def _facts(shown: Lead) -> list[tuple[str, str]]:
    told = [
        ("Contact", shown.contact),
        ("E-mail", shown.email),
        ("Website", shown.domain),
        ("Size", show_size(shown)),
        ("CRM", shown.get_crm_display() if shown.crm else ""),
        ("Registered", f"{short_day(shown.registered_on)}, {_lower_first(shown.get_channel_display())}"),
        ("Note", shown.note),
    ]
    return [(label, text) for label, text in told if text]


def _protection(shown: Lead, request: PartnerRequest) -> tuple[str, str]:
    """Until when the lead is protected, and what that means."""
    if shown.stage == Stage.WON:
        return "No longer needed", "The company is your client now, and stays it."
    if shown.has_ended:
        return "Ended", "The lead has ended, and its protection with it."
    if shown.protected_until is None:
        return "Not yet", "It begins when sales decides in your favour."
    day = short_day(shown.protected_until)
    if request.acting.today > shown.protected_until:
        return "Ran out", RAN_OUT.format(day=day)
    return f"Until {day}", "Till then no other partner is credited for the company (7). Each step of sales prolongs it."


def _events(shown: Lead, asked: list[LeadRequest], request: PartnerRequest) -> list[Event]:
    """What happened with the lead, the newest first."""
    events = [
        Event(
            step.get_stage_display(),
            step.at,
            _who(step.by, request),
            step.reason,
            TONES.get(Stage(step.stage), Tone.INFO),
        )
        for step in shown.steps.select_related("by")
    ]
    if shown.reviewed_at is not None:
        events.append(Event("The review is over: it is your lead", shown.reviewed_at, tone=Tone.GOOD))
    for each in asked:
        wish = _lower_first(each.get_wish_display())
        events.append(Event(f"Asked for {wish}", each.at, _who(each.by, request), each.text, Tone.WAITING))
        if each.answered_at is not None:
            title = f"{each.get_state_display()}: {wish}"
            tone = REQUEST_TONES[RequestState(each.state)]
            events.append(Event(title, each.answered_at, _who(each.answered_by, request), each.answer, tone))
    return sorted(events, key=lambda event: event.at, reverse=True)


def _talk(shown: Lead, request: PartnerRequest) -> list[Event]:
    return [
        Event(
            "Sales answered" if message.is_from_sales else "You asked",
            message.at,
            _who(message.by, request),
            message.text,
            Tone.GOOD if message.is_from_sales else Tone.INFO,
        )
        for message in shown.messages.select_related("by")
    ]


def _who(by: User | None, request: PartnerRequest) -> str:
    """A person as the partner knows them; addresses of the company's people stay with the company."""
    if by is None:
        return ""
    return by.name or ("Sales" if by.is_staff else by.email)


def _lower_first(text: str) -> str:
    return f"{text[:1].lower()}{text[1:]}"
