"""The first partner is protected; a second registration is kept for sales to decide (7)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry
from affiliates.models import Program
from clients.services.win_lead import win_lead
from referrals.models import Conflict, Lead
from referrals.models.lead import Channel, Stage
from referrals.recognition import Company, matches
from referrals.services import register_lead as registering
from referrals.services.move_lead import move_lead
from referrals.services.register_lead import AlreadyYours, PartnerNotActive, TooManyToday
from tests.cast import AT, all_rows, day, owner_of, partner, program, record, sam, the_partner
from tests.leads.telling import lead_of

pytestmark = pytest.mark.django_db
ON = day("2027-01-01")
LATER = AT + timedelta(days=91)


@pytest.fixture(autouse=True)
def partners() -> None:
    program()


def test_the_first_partner_is_protected_for_ninety_days() -> None:
    lead = lead_of("ada")
    assert lead.protected_until == day("2027-04-01")  # 1 January + 90 days.
    assert lead.is_protected(on=day("2027-04-01"))
    assert not lead.is_protected(on=day("2027-04-02"))
    assert not Conflict.objects.exists()


def test_the_program_says_how_long() -> None:
    Program.objects.update(protection_days=30)
    assert lead_of("ada").protected_until == day("2027-01-31")


@pytest.mark.parametrize(
    ("company", "email", "by"),
    [
        ("Sand", "dan@dune.example", "email"),
        ("Sand", "eve@dune.example", "domain"),
        ("Dune", "eve@sand.example", "name"),
    ],
)
def test_a_second_registration_is_kept_under_review(company: str, email: str, by: str) -> None:
    first = lead_of("ada")
    second = lead_of("ben", company, email)
    assert (second.is_under_review, second.protected_until, second.stage) == (True, None, Stage.SUBMITTED)
    conflict = Conflict.objects.get()
    assert (conflict.lead, conflict.first, conflict.recognised_by, conflict.state) == (second, first, by, "open")
    first.refresh_from_db()
    assert first.protected_until == day("2027-04-01")


def test_when_protection_has_run_out_the_next_partner_gets_it() -> None:
    first = lead_of("ada")
    second = lead_of("ben", at=LATER)
    assert second.protected_until == Program.current().day(LATER) + timedelta(days=90)
    assert not Conflict.objects.exists()
    move_lead(lead=first, to=Stage.QUALIFIED, by=sam(), at=LATER)
    first.refresh_from_db()
    assert first.protected_until == day("2027-04-01")  # Not extended: it is Ben's now.


def test_while_sales_works_on_it_a_lead_stays_protected() -> None:
    first = lead_of("ada")
    at = AT + timedelta(days=60)
    first = move_lead(lead=first, to=Stage.QUALIFIED, by=sam(), at=at)
    assert first.protected_until == day("2027-05-31")  # 2 March + 90 days.
    assert lead_of("ben", at=LATER).is_under_review


def test_work_on_a_lead_under_review_does_not_protect_it() -> None:
    lead_of("ada")
    second = move_lead(lead=lead_of("ben"), to=Stage.QUALIFIED, by=sam(), at=AT)
    assert second.protected_until is None


@pytest.mark.parametrize("end", [Stage.LOST, Stage.REJECTED])
def test_a_company_that_did_not_come_may_be_registered_again(end: Stage) -> None:
    move_lead(lead=lead_of("ada"), to=end, by=sam(), at=AT, reason="No budget")
    assert not lead_of("ben").is_under_review
    assert not Conflict.objects.exists()


def test_a_company_that_another_partner_won_is_under_review() -> None:
    first = lead_of("ada")
    for stage in (Stage.QUALIFIED, Stage.DEMO_SCHEDULED, Stage.DEMO_DONE, Stage.PROPOSAL):
        move_lead(lead=first, to=stage, by=sam(), at=AT)
    win_lead(lead=first, closed_on=ON, reference="dune", by=sam(), at=AT)
    assert lead_of("ben", at=AT + timedelta(days=900)).is_under_review


def test_the_partners_own_lead_is_refused_and_named() -> None:
    lead = lead_of("ada")
    before = all_rows()
    with pytest.raises(AlreadyYours, match=r"Dune Inc\. is your lead already, registered on 1 January 2027") as refused:
        lead_of("ada", "Dune LLC", "eve@sand.example", at=LATER)
    assert refused.value.lead == lead
    assert all_rows() == before


def test_leads_are_registered_before_the_agreement_is_accepted_and_not_after_the_end() -> None:
    assert lead_of("ada").pk
    record(partner("ben", ended="2026-12-01", ended_by="partner"))
    with pytest.raises(PartnerNotActive):
        lead_of("ben", "Sand", "eve@sand.example")
    assert Lead.objects.count() == 1


def test_a_day_takes_only_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registering, "MOST_A_DAY", {Channel.FORM: 2})
    lead_of("ada", "One", "a@one.example")
    lead_of("ada", "Two", "a@two.example")
    before = all_rows()
    with pytest.raises(TooManyToday):
        lead_of("ada", "Three", "a@three.example")
    assert all_rows() == before
    assert lead_of("ada", "Three", "a@three.example", channel=Channel.LINK, by=None).pk
    assert lead_of("ben", "Four", "a@four.example").pk
    assert lead_of("ada", "Five", "a@five.example", at=AT + timedelta(days=1)).pk


def test_a_conflict_costs_as_many_queries_to_register_as_none() -> None:
    lead_of("ada")
    owner_of("ben")
    with CaptureQueriesContext(connection) as free:
        lead_of("ben", "Oak", "jo@oak.example")
    with CaptureQueriesContext(connection) as taken:
        lead_of("ben")
    assert len(taken) - len(free) == 1  # The conflict itself.


def test_a_company_is_looked_up_by_indexes() -> None:
    lead_of("ada")
    with connection.cursor() as cursor:
        # With so few rows any way is short; a look-up without an index has only the long one.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")
    with CaptureQueriesContext(connection) as captured:
        matches(Company.told(name="Dune", email="dan@dune.example"), Lead.objects.all())
    plan = ""
    for query in captured:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {query['sql']}")
            plan += "\n".join(line for (line,) in cursor.fetchall())
    for index in ("lead_by_email", "lead_by_name_nearly", "referrals_lead_domain", "referrals_lead_mail_domain"):
        assert index in plan


def test_a_renamed_company_is_recognised_by_its_new_name() -> None:
    lead = lead_of("ada")
    lead.company = "Sahara Desert Tours"
    lead.save(update_fields=["company"])
    assert lead_of("ben", "Sahara Desert Tours Ltd", "x@y.example").is_under_review


def test_registering_is_audited() -> None:
    lead = lead_of("ada")
    entry = AuditEntry.objects.get(action="lead registered")
    assert (entry.subject, entry.details) == (f"lead {lead.pk}", {"partner": the_partner("ada").reference})
