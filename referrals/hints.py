"""What a partner is told of a company while it registers it. It reads the partner's own leads and no others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.urls import reverse

from affiliates.models import Partner, Program
from parts.shapes import Tone
from referrals.lead_rows import MOST_PEOPLE
from referrals.models import Lead
from referrals.models.lead import AGENTS, EMPLOYEES
from referrals.recognition import Company, matches

OUTSIDE = (
    f"Outside the profile of {AGENTS.start} to {AGENTS[-1]} agents, or {EMPLOYEES.start} to {EMPLOYEES[-1]} "
    "employees. You can register it; sales looks first whether it fits."
)


@dataclass(frozen=True, slots=True)
class Hint:
    text: str
    tone: Tone
    url: str = ""
    link: str = ""


def hints_on(told: Mapping[str, str], *, partner: Partner, program: Program, today: date) -> Sequence[Hint]:
    """What there is to say of a company as far as it is typed.

    `told` has the form's fields as they are. That another partner has a claim to a company changes nothing here.
    """
    hints = []
    name, email, site = (told.get(field, "").strip()[:254] for field in ("company", "email", "site"))
    company = Company.told(name=name, email=email if "@" in email else "", site=site)
    mine = matches(company, Lead.objects.filter(partner=partner)) if company.email or company.domains or name else []
    if mine:
        lead = mine[0].lead
        text = f"{lead.company} is your lead already, registered on {lead.registered_on:%-d %B %Y}."
        return [Hint(text, Tone.BAD, reverse("lead", args=[lead.pk]), "Open it")]
    if Lead(agents=_number(told, "agents"), employees=_number(told, "employees")).is_outside_profile():
        hints.append(Hint(OUTSIDE, Tone.WAITING))
    until = today + timedelta(days=program.protection_days)
    hints.append(
        Hint(
            f"Registered today, it is protected until {until:%-d %B %Y}, unless sales has to review it first.",
            Tone.INFO,
        )
    )
    return hints


def _number(told: Mapping[str, str], field: str) -> int | None:
    text = told.get(field, "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= len(str(MOST_PEOPLE)) else None
