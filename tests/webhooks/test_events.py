"""Each step writes its event once, in its own transaction, with what a reader needs and nothing of other partners."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from affiliates.models.agreement import ViolationState
from affiliates.models.partner import EndedBy, PartnerKind
from affiliates.services.accept_agreement import accept_agreement, publish_version
from affiliates.services.apply import apply
from affiliates.services.end_partnership import end_partnership
from affiliates.services.move_application import approve_application, verify_application
from affiliates.services.open_violation import decide_violation, open_violation
from clients.models import Client, ProblemKind
from clients.recording.problems import FactsRefused
from clients.services.correct_win import correct_win
from clients.services.record_payment_problem import record_payment_problem
from notices.models import Event, EventKind
from payouts.models import Payout, Statement
from payouts.services.approve_payout import approve_payout
from payouts.services.issue_statement import issue_statement, plan_statements
from payouts.services.settle_payout import fail_payout, pay_payout
from referrals.models import Conflict, Lead
from referrals.models.conflict import ConflictState
from referrals.models.lead import Channel, Stage
from referrals.services.decide_conflict import decide_conflict
from referrals.services.move_lead import move_lead
from referrals.services.register_lead import register_leads
from tests.cast import (
    AT,
    abe,
    chargeback,
    client,
    close,
    day,
    fay,
    monthly,
    owner_of,
    pam,
    partner,
    program,
    record,
    run,
    sam,
    the_partner,
    won_back,
)
from tests.leads.telling import lead_of, walk, win
from tests.payouts.finance import accept, present, ready_payout, settle_payee

pytestmark = pytest.mark.django_db
K = EventKind


def written(step: Callable[[], Any]) -> list[Event]:
    """The events that a step writes, in their order."""
    before = set(Event.objects.values_list("pk", flat=True))
    step()
    return list(Event.objects.exclude(pk__in=before).order_by("pk"))


def said(events: list[Event]) -> list[tuple[str, str, int | None]]:
    return [(event.kind, event.subject, event.partner_id) for event in events]


def test_somebody_applies_and_is_approved() -> None:
    program()
    application = apply(
        kind=PartnerKind.AFFILIATE, company="Oak", site="https://oak.example/", name="Jo", email="jo@oak.example",
        audience="…", promotion="…", at=AT,
    )  # fmt: skip
    assert not Event.objects.exists(), "an address that nobody confirmed is forgotten, and events stay"
    found = written(lambda: verify_application(application=application, at=AT))
    assert said(found) == [("partner.applied", f"application {application.pk}", None)]
    assert "jo@oak.example" not in str(found[0].data)
    assert written(lambda: verify_application(application=application, at=AT)) == []
    found = written(lambda: approve_application(application=application, by=pam(), at=AT))
    assert said(found) == [("partner.approved", "partner oak", the_partner("oak").pk)]


def test_the_agreement_is_accepted_broken_cured_and_ended() -> None:
    program()
    ada = the_partner("ada")
    version = publish_version(number="1", title="Terms", text="…", by=None, at=AT)
    accepting: dict[str, Any] = {"partner": ada, "version": version, "name": "Olga", "by": owner_of("ada"), "at": AT}
    found = written(lambda: accept_agreement(**accepting))
    assert said(found) == [("agreement.accepted", "partner ada", ada.pk)]
    found = written(
        lambda: open_violation(partner=ada, clause="6", evidence="spam", notice_on=AT.date(), by=pam(), at=AT)
    )
    violation = ada.violations.get()
    assert said(found) == [("violation.opened", f"violation {violation.pk}", ada.pk)]
    assert found[0].data["cure_by"] == "2027-01-16"
    cure: dict[str, Any] = {"violation": violation, "to": ViolationState.CURED, "on": AT.date(), "by": pam(), "at": AT}
    assert said(written(lambda: decide_violation(**cure))) == [("violation.cured", found[0].subject, ada.pk)]
    ends: dict[str, Any] = {"given_on": AT.date(), "effective_on": day("2027-01-10"), "reason": "…", "by": None}
    found = written(lambda: end_partnership(partner=ada, given_by=EndedBy.PARTNER, at=AT, **ends))
    assert said(found) == [("partner.terminated", "partner ada", ada.pk)]
    assert found[0].data["terminated_on"] == "2027-01-10"


def test_a_lead_is_registered_moves_and_is_won() -> None:
    program()
    ada = the_partner("ada")
    assert [event.kind for event in written(lambda: lead_of("ada"))] == [K.LEAD_REGISTERED]
    lead = Lead.objects.get()
    found = written(lambda: move_lead(lead=lead, to=Stage.QUALIFIED, by=sam(), at=AT))
    assert said(found) == [("lead.moved", f"lead {lead.pk}", ada.pk)]
    assert found[0].data["stage"] == "qualified"
    lead = walk(Lead.objects.get(), Stage.PROPOSAL)
    found = written(lambda: win(lead))
    won = Client.objects.get()
    assert said(found) == [("lead.moved", f"lead {lead.pk}", ada.pk), ("client.won", f"client {won.pk}", ada.pk)]
    found = written(lambda: correct_win(lead=lead, reason="A trial only", by=pam(), at=AT))
    assert [event.kind for event in found] == [K.LEAD_MOVED, K.CLIENT_CANCELLED]


def test_many_leads_at_once_are_written_in_one_statement() -> None:
    program()
    ada = the_partner("ada")

    def bring(first: int, count: int) -> int:
        rows: list[Any] = [
            {
                "company": f"Company {'abcdefghijklmnopqrst'[n]}{n * 7919}", "email": f"al@c{n}.example",
                "contact": "Al", "domain": "", "agents": None, "employees": None, "crm": "", "note": "",
            }
            for n in range(first, first + count)
        ]  # fmt: skip
        with CaptureQueriesContext(connection) as queries:
            register_leads(partner=ada, rows=rows, channel=Channel.FILE, is_attested=True, by=owner_of("ada"), at=AT)
        return sum("notices_event" in query["sql"] for query in queries)

    assert (bring(0, 1), bring(1, 9)) == (1, 1)
    assert Counter(Event.objects.values_list("kind", flat=True)) == {K.LEAD_REGISTERED: 10}


@pytest.mark.parametrize("to", [ConflictState.FIRST, ConflictState.LATER])
def test_a_decided_conflict_is_told_to_the_later_partner_and_says_nothing_of_the_first(to: ConflictState) -> None:
    program()
    first, later = lead_of("ada"), lead_of("ben")
    found = written(
        lambda: decide_conflict(conflict=Conflict.objects.get(), to=to, reason="Met first", by=sam(), at=AT)
    )
    decided = [event for event in found if event.kind == K.LEAD_CONFLICT_DECIDED]
    assert said(decided) == [("lead.conflict_decided", f"lead {later.pk}", the_partner("ben").pk)]
    assert decided[0].data == {
        "lead": later.pk, "partner": "ben", "company": "Dune Inc.", "is_credited": to == ConflictState.LATER,
    }  # fmt: skip
    loser = later if to == ConflictState.FIRST else first
    moved = [event.subject for event in found if event.kind == K.LEAD_MOVED]
    assert moved == [f"lead {loser.pk}"]
    for event in found:
        assert "Met first" not in str(event.data)


def test_money_that_is_in_question_is_told_once() -> None:
    program(client("acme"), monthly("acme", "2026-01", "100.00"))
    ada, acme = the_partner("ada"), Client.objects.get()
    problem: dict[str, Any] = {"client": acme, "kind": ProblemKind.FAILED, "occurred_on": day("2026-02-03"), "key": "k"}
    found = written(lambda: record_payment_problem(**problem, by=fay(), at=AT))
    assert said(found) == [("payment.problem", f"client {acme.pk}", ada.pk)]
    assert written(lambda: record_payment_problem(**problem, by=fay(), at=AT)) == []
    back = chargeback("acme-2026-01-paid", "40.00", "2026-02-02")
    found = written(lambda: record(back))
    assert said(found) == [("chargeback.opened", f"client {acme.pk}", ada.pk)]
    assert found[0].data == {
        "reversal": "acme-2026-01-paid-chargeback-2026-02-02", "client": "acme", "name": "Acme Inc.", "partner": "ada",
        "invoice": "acme-2026-01", "amount": "40.00", "currency": "USD", "occurred_on": "2026-02-02",
    }  # fmt: skip
    assert written(lambda: record(back)) == []
    found = written(lambda: record(back, won_back("acme-2026-01-paid", "40.00", "2026-03-02")))
    assert [event.kind for event in found] == [K.CHARGEBACK_WON]


def test_a_client_that_cancels_is_told_once_and_one_that_comes_cancelled_is_no_news() -> None:
    program(client("acme"), client("old", canceled="2026-01-31"))
    assert not Event.objects.exists()
    acme = Client.objects.get(reference="acme")
    cancelled = client("acme", canceled="2026-05-31")
    found = written(lambda: record(cancelled))
    assert said(found) == [("client.cancelled", f"client {acme.pk}", the_partner("ada").pk)]
    assert found[0].data["canceled_on"] == "2026-05-31"
    assert written(lambda: record(cancelled)) == []
    assert written(lambda: record(client("acme", canceled="2026-06-30"))) == []


def test_a_partner_that_a_file_ends_is_told_once_and_one_that_comes_ended_is_no_news() -> None:
    program(partner("old", ended="2026-12-31", ended_by="company"))
    assert not Event.objects.exists()
    ends = partner("ada", ended="2027-01-15", ended_by="partner")
    found = written(lambda: record(ends))
    assert said(found) == [("partner.terminated", "partner ada", the_partner("ada").pk)]
    assert found[0].data == {"partner": "ada", "terminated_by": "partner", "terminated_on": "2027-01-15"}
    assert written(lambda: record(ends)) == []
    assert written(lambda: record(partner("ada", ended="2027-01-20", ended_by="partner"))) == []


def test_a_recording_writes_its_events_in_as_many_statements_however_many_there_are() -> None:
    facts = [part for n in range(12) for part in (client(f"c{n}"), monthly(f"c{n}", "2026-01", "100.00"))]
    program(*facts)

    def statements(first: int, count: int) -> int:
        some = [
            part
            for n in range(first, first + count)
            for part in (
                client(f"c{n}", canceled="2026-08-31"),
                chargeback(f"c{n}-2026-01-paid", "1.00", "2026-02-02"),
            )
        ]
        with CaptureQueriesContext(connection) as queries:
            record(*some)
        return sum("notices_event" in query["sql"] for query in queries)

    assert (statements(0, 1), statements(1, 11)) == (2, 2)
    kinds = Counter(Event.objects.values_list("kind", flat=True))
    assert kinds == {K.CHARGEBACK_OPENED: 12, K.CLIENT_CANCELLED: 12}


def test_facts_that_are_refused_leave_no_event() -> None:
    program(client("acme"), monthly("acme", "2026-01", "100.00"))
    with pytest.raises(FactsRefused):
        record(chargeback("acme-2026-01-paid", "40.00", "2026-02-02"), chargeback("unknown", "1.00", "2026-02-02"))
    record(chargeback("acme-2026-01-paid", "40.00", "2026-02-02"), dry_run=True)
    assert not Event.objects.exists()


def test_a_closed_month_tells_each_partner_its_commission_and_the_company_that_it_closed() -> None:
    program(
        client("acme"), client("brim", of="ben"), monthly("acme", "2026-01", "1000.00"),
        monthly("brim", "2026-01", "500.00"),
    )  # fmt: skip
    run("2026-01")
    with CaptureQueriesContext(connection) as queries:
        found = written(lambda: close("2026-01", by=fay()))
    assert sum("INSERT INTO notices_event" in query["sql"] for query in queries) == 2
    posted = {event.partner_id: event.data for event in found if event.kind == K.COMMISSION_POSTED}
    assert {key: (data["partner"], data["period"], data["amount"]) for key, data in posted.items()} == {
        the_partner("ada").pk: ("ada", "2026-01", "200.00"),
        the_partner("ben").pk: ("ben", "2026-01", "100.00"),
    }
    assert said(found)[-1] == ("period.closed", "period 2026-01", None)
    assert len(found) == 3


def test_a_payout_is_ready_approved_paid_and_returned_and_its_statement_issued() -> None:
    found = written(ready_payout)
    payout = Payout.objects.get()
    mine = [event for event in found if event.subject == f"payout {payout.pk}"]
    assert [event.kind for event in mine] == [K.PAYOUT_READY]
    on: dict[str, Any] = {"payout": payout, "at": AT}
    found = written(lambda: approve_payout(by=abe(), **on))
    assert said(found) == [("payout.approved", f"payout {payout.pk}", payout.partner_id)]
    data = found[0].data
    assert (data["partner"], data["period"], data["payable"], data["currency"]) == ("ada", "2026-03", "200.00", "USD")
    found = written(lambda: pay_payout(on=AT.date(), by=fay(), **on))
    assert [event.kind for event in found] == [K.PAYOUT_PAID]
    found = written(lambda: fail_payout(on=AT.date(), reason="Account closed", by=fay(), **on))
    assert [(event.kind, event.data["reason"]) for event in found] == [(K.PAYOUT_FAILED, "Account closed")]
    plan_statements(month=day("2026-03-01"), at=AT)
    statement = Statement.objects.get()
    found = written(lambda: issue_statement(statement_id=statement.pk, at=AT))
    assert said(found) == [("statement.issued", f"statement {statement.pk}", payout.partner_id)]
    assert written(lambda: issue_statement(statement_id=statement.pk, at=AT)) == []


def test_a_step_that_is_rolled_back_leaves_no_event() -> None:
    program()

    class Broken(Exception):
        pass

    def step() -> None:
        with transaction.atomic():
            lead_of("ada")
            raise Broken

    with pytest.raises(Broken):
        step()
    assert not Event.objects.exists()


def test_no_event_holds_bank_or_tax_details() -> None:
    record(partner("ada"), partner("ben"), client("acme"), monthly("acme", "2026-03", "1000.00"))
    close("2026-03", by=fay())
    payout = Payout.objects.get()
    accept(payout.partner)
    settle_payee(payout.partner)
    present(payout)
    approve_payout(payout=payout, by=abe(), at=AT + timedelta(hours=1))
    kept = " ".join(str(event.data) for event in Event.objects.all())
    assert Event.objects.filter(kind=K.PAYOUT_APPROVED).exists()
    assert "0123456789" not in kept
    assert "12-3456789" not in kept
