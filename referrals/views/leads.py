from collections.abc import Sequence
from datetime import date

from django.conf import settings
from django.http import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from affiliates.acting import PartnerRequest, partner_page
from parts.addresses import page_url, row_url
from parts.formats import counted, short_day
from parts.listing import Column, Listing
from parts.shapes import Badge, Cell, Empty, Tone
from referrals.filters import LeadsFilter
from referrals.models import Lead
from referrals.models.lead import Channel, Stage

TONES = {
    Stage.SUBMITTED: Tone.NEUTRAL,
    Stage.WON: Tone.GOOD,
    Stage.LOST: Tone.NEUTRAL,
    Stage.REJECTED: Tone.BAD,
}
BADGES: dict[str, Badge] = {stage: Badge(stage.label, TONES.get(stage, Tone.INFO)) for stage in Stage}
CHANNELS = dict(Channel.choices)
UNDER_REVIEW = Badge("Under review", Tone.WAITING)
TO_CONFIRM = Badge("Yours to confirm", Tone.WAITING)  # It came by e-mail.
OUTSIDE = Badge("Outside the profile", Tone.WAITING)
COLUMNS = {
    "company": Column("Company", sort=("company",)),
    "contact": Column("Contact", sort=("contact",)),
    "stage": Column("Stage", sort=("stage",)),
    "profile": Column("Size"),
    "protected": Column("Protected until", sort=("protected_until",)),
    "registered": Column("Registered", sort=("registered_on",)),
}
HEADER = (
    "company", "domain", "contact", "email", "agents", "employees", "crm", "stage", "under_review",
    "protected_until", "registered_on", "channel", "note",
)  # fmt: skip


@require_safe
@partner_page()
def leads(request: PartnerRequest) -> HttpResponseBase:
    """The partner's leads, the newest first."""
    today = request.acting.today
    may_register = not request.acting.has_ended
    listing = Listing(
        request=request,
        rows=Lead.objects.filter(partner=request.acting.partner),
        columns=COLUMNS,
        line=lambda lead: _line(lead, today),
        default="-registered",
        empty=Empty(
            "No leads yet",
            "Register the first company that would like to hear from us; it is protected for you from that day.",
            page_url("lead_new") if may_register else "",
            "Register a lead",
        ),
        filters=LeadsFilter,
        record=_record,
        record_header=HEADER,
        label="Leads",
    )
    if listing.wants_csv:
        return listing.csv("leads")
    return render(
        request,
        "referrals/leads.html",
        {
            "title": "Leads",
            "lead": "The companies that you referred, and where each of them stands with sales.",
            "listing": listing,
            "may_register": may_register,
            "introductions_address": settings.INTRODUCTIONS_ADDRESS if may_register else "",
        },
    )


def stage_badge(lead: Lead) -> Badge:
    """A lead's stage, coloured by what it means to the partner."""
    return BADGES[lead.stage]


def show_size(lead: Lead) -> str:
    """How large a company is, as far as the partner said."""
    said = ((lead.agents, "agent"), (lead.employees, "employee"))
    return ", ".join(counted(count, word, f"{word}s") for count, word in said if count is not None)


def _line(lead: Lead, today: date) -> Sequence[Cell]:
    return (
        Cell(lead.company, lead.domain or lead.mail_domain, row_url("lead", lead.pk)),
        Cell(lead.contact, lead.email),
        Cell(badge=stage_badge(lead) if lead.is_attested or lead.has_ended else TO_CONFIRM),
        Cell(badge=OUTSIDE) if lead.is_outside_profile() else Cell(show_size(lead)),
        _protection(lead, today),
        Cell(short_day(lead.registered_on), CHANNELS[lead.channel]),
    )


def _protection(lead: Lead, today: date) -> Cell:
    if lead.is_under_review:
        return Cell(badge=UNDER_REVIEW)
    if lead.has_ended or lead.protected_until is None:
        return Cell("–")
    return Cell(short_day(lead.protected_until), "" if today <= lead.protected_until else "has run out")


def _record(lead: Lead) -> Sequence[object]:
    return (
        lead.company, lead.domain, lead.contact, lead.email, lead.agents, lead.employees, lead.crm, lead.stage,
        "yes" if lead.is_under_review else "no", lead.protected_until, lead.registered_on, lead.channel, lead.note,
    )  # fmt: skip
