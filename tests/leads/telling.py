"""Leads of Ada and Ben, told in few words."""

from datetime import date, datetime
from typing import Any

from django import test

from accounts.models import User
from clients.models import Client
from clients.services.win_lead import win_lead
from referrals.models import Lead
from referrals.models.lead import Stage
from referrals.services.move_lead import move_lead
from referrals.services.register_lead import register_lead
from tests.cast import AT, owner_of, sam, the_partner

ROAD = (Stage.SUBMITTED, Stage.QUALIFIED, Stage.DEMO_SCHEDULED, Stage.DEMO_DONE, Stage.PROPOSAL)
FORM = {"company": "Dune Inc.", "contact": "Dan Dune", "email": "dan@dune.example", "is_attested": "on"}


def lead_of(key: str, company: str = "Dune Inc.", email: str = "dan@dune.example", **told: Any) -> Lead:
    """A lead that a partner's owner registered."""
    return register_lead(**({"partner": the_partner(key), "by": owner_of(key)} | as_told(company, email) | told))


def walk(lead: Lead, to: Stage, *, at: datetime = AT) -> Lead:
    """A lead taken by sales along the road up to a stage before the last."""
    for stage in ROAD[ROAD.index(Stage(lead.stage)) + 1 : ROAD.index(to) + 1]:
        lead = move_lead(lead=lead, to=stage, by=sam(), at=at)
    return lead


def win(lead: Lead, *, reference: str = "dune", closed_on: date | None = None, at: datetime = AT) -> Client:
    """The client that a lead becomes, taken there step by step."""
    proposal = walk(lead, Stage.PROPOSAL, at=at)
    return win_lead(lead=proposal, closed_on=closed_on or lead.registered_on, reference=reference, by=sam(), at=at)


def as_told(company: str, email: str, *, at: datetime = AT) -> dict[str, Any]:
    return {"company": company, "contact": "Dan Dune", "email": email, "is_attested": True, "at": at}


def signed_in(user: User) -> test.Client:
    client = test.Client()
    client.force_login(user)
    return client
