"""An e-mail attests nothing: the lead keeps its place, and moves once its partner has confirmed it (14, A)."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from pytest_django.fixtures import Settings

from accounts.models import AuditEntry
from notices.models import Notice, NoticeKind
from referrals.lead_story import evidence
from referrals.models import Lead
from referrals.models.lead import Stage
from referrals.services.attest_lead import NothingToAttest, attest_lead
from referrals.services.move_lead import NotYetAttested, move_lead
from referrals.services.register_lead import NotAttested
from referrals.services.remind_partners import remind_partners
from tests.cast import AT, owner_of, sam
from tests.integrations.introductions.writing import ADA, US, arrive, told, written
from tests.leads.telling import lead_of, signed_in

pytestmark = pytest.mark.django_db


def introduced() -> Lead:
    told()
    lead = arrive(written()).lead
    assert lead is not None
    return lead


def test_sales_moves_it_only_after_its_partner_confirmed_it() -> None:
    lead = introduced()
    with pytest.raises(NotYetAttested):
        move_lead(lead=lead, to=Stage.QUALIFIED, by=sam(), at=AT)
    lead.refresh_from_db()
    assert (lead.stage, lead.steps.count()) == (Stage.SUBMITTED, 1)
    attest_lead(lead=lead, is_attested=True, by=owner_of("ada"), at=AT)
    assert move_lead(lead=lead, to=Stage.QUALIFIED, by=sam(), at=AT).stage == Stage.QUALIFIED
    assert dict(evidence(lead))["Attested"].startswith("Not yet")
    lead.refresh_from_db()
    assert dict(evidence(lead))["Attested"].startswith("Ada Partners: the company is interested")


@pytest.mark.parametrize("stage", [Stage.LOST, Stage.REJECTED])
def test_it_may_end_without(stage: Stage) -> None:
    lead = introduced()
    assert move_lead(lead=lead, to=stage, by=sam(), at=AT, reason="Nothing in it").stage == stage
    with pytest.raises(NothingToAttest):
        attest_lead(lead=lead, is_attested=True, by=owner_of("ada"), at=AT)


def test_the_database_holds_it_too() -> None:
    lead = introduced()
    with pytest.raises(IntegrityError, match="a_lead_is_attested_before_sales_moves_it"), transaction.atomic():
        Lead.objects.filter(pk=lead.pk).update(stage=Stage.QUALIFIED)
    with pytest.raises(IntegrityError, match="a_lead_is_attested_before_sales_moves_it"), transaction.atomic():
        Lead.objects.filter(pk=lead_of("ada").pk).update(is_attested=False)


def test_every_other_way_still_asks_for_it_at_once() -> None:
    told()
    with pytest.raises(NotAttested):
        lead_of("ada", is_attested=False)
    assert not Lead.objects.exists()


def test_the_partner_confirms_on_the_leads_page() -> None:
    lead = introduced()
    browser = signed_in(owner_of("ada"))
    page = browser.get(f"/leads/{lead.pk}/").content.decode()
    assert "Confirm the introduction" in page
    assert "genuine interest in purchasing Hello, Inc.’s products" in page
    assert browser.post(f"/leads/{lead.pk}/attest/", {}).status_code == 200
    assert Lead.objects.filter(is_attested=True).count() == 0
    assert browser.post(f"/leads/{lead.pk}/attest/", {"attest-is_attested": "on"}).status_code == 302
    assert Lead.objects.filter(is_attested=True).count() == 1
    assert AuditEntry.objects.get(action="lead attested").by == owner_of("ada")
    assert "Confirm the introduction" not in browser.get(f"/leads/{lead.pk}/").content.decode()
    assert browser.post(f"/leads/{lead.pk}/attest/", {"attest-is_attested": "on"}).status_code == 302
    assert AuditEntry.objects.filter(action="lead attested").count() == 1


def test_nobody_confirms_anothers() -> None:
    lead = introduced()
    browser = signed_in(owner_of("ben"))
    for answer in (browser.get(f"/leads/{lead.pk}/attest/"), browser.post(f"/leads/{lead.pk}/attest/", {})):
        assert answer.status_code in (302, 404)
    lead.refresh_from_db()
    assert not lead.is_attested


def reminders(at: datetime) -> list[str]:
    remind_partners(at=at)
    told = Notice.objects.filter(kind=NoticeKind.LEAD_MOVED, key__contains=":confirm")
    return sorted(told.values_list("recipient", flat=True))


def test_a_partner_who_does_not_confirm_is_reminded_once_after_three_days() -> None:
    lead = introduced()
    assert reminders(AT + timedelta(days=2)) == []
    assert reminders(AT + timedelta(days=3)) == [ADA]
    notice = Notice.objects.get(key__contains=":confirm")
    assert (notice.subject, notice.path) == (f"{lead.company} waits for you to confirm it", f"/leads/{lead.pk}/")
    for days in (3, 4, 10, 29):
        assert reminders(AT + timedelta(days=days)) == [ADA]


@pytest.mark.parametrize("days", [3, 31])
def test_nobody_is_reminded_of_what_is_confirmed_ended_or_long_ago(days: int) -> None:
    lead = introduced()
    ended = arrive(written(to="bob@birchwood.io")).lead
    assert ended is not None
    move_lead(lead=ended, to=Stage.LOST, by=sam(), at=AT, reason="Nothing in it")
    if days == 3:
        attest_lead(lead=lead, is_attested=True, by=owner_of("ada"), at=AT)
    assert reminders(AT + timedelta(days=days)) == []


def test_partners_see_the_address_where_there_is_one(settings: Settings) -> None:
    told()
    browser = signed_in(owner_of("ada"))
    for page in ("/leads/", "/leads/new/"):
        assert f"mailto:{US}" in browser.get(page).content.decode()
    settings.INTRODUCTIONS_ADDRESS = ""
    for page in ("/leads/", "/leads/new/"):
        assert "by e-mail: write to" not in browser.get(page).content.decode()
