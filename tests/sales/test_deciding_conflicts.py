"""Who a company belongs to is decided once, and each partner is told of its own registration alone (7)."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from accounts.models import AuditEntry
from accounts.rights import NotPermitted
from affiliates.models import Membership
from clients.services.win_lead import CannotBeWonYet, win_lead
from notices.models import Notice, NoticeKind
from referrals.models import BlockedDomain, Conflict, Lead
from referrals.models.conflict import ConflictKind, ConflictState
from referrals.models.lead import Channel, Stage
from referrals.services.block_domain import CannotBeBlocked, block_domain, unblock_domain
from referrals.services.decide_conflict import CannotDecide, ConflictIsDecided, decide_conflict
from referrals.services.move_lead import move_lead
from referrals.services.register_lead import register_leads
from tests.cast import AT, all_rows, client, day, fay, owner_of, pam, partner, program, record, sam, the_partner
from tests.leads.telling import lead_of, walk, win

pytestmark = pytest.mark.django_db
FIRST, LATER, OVER = ConflictState.FIRST, ConflictState.LATER, ConflictState.OVER
SOON = AT + timedelta(days=10)


@pytest.fixture(autouse=True)
def partners(db: None) -> Iterator[None]:
    program(partner("cy"))
    for key in ("ada", "ben", "cy"):
        owner_of(key)
    for person in (sam, pam, fay):
        person()
    yield
    names = {"Ada Partners", "Ben Partners", "Cy Partners"}
    for about, subject, body in Notice.objects.values_list("about", "subject", "body"):
        assert not [name for name in names - {about} if name in subject + body]


def decide(conflict: Conflict, to: ConflictState = FIRST, **told: object) -> Conflict:
    return decide_conflict(
        conflict=conflict,
        **({"to": to, "reason": "Ben only knows the name", "by": sam(), "at": SOON} | told),  # type: ignore[arg-type]
    )


def two() -> tuple[Lead, Lead, Conflict]:
    return lead_of("ada"), lead_of("ben"), Conflict.objects.get()


def told_to(key: str) -> list[tuple[str, str]]:
    rows = Notice.objects.filter(about=f"{key.title()} Partners").order_by("pk")
    return list(rows.values_list("kind", "subject"))


def fresh(*leads: Lead) -> list[Lead]:
    return [Lead.objects.get(pk=lead.pk) for lead in leads]


def test_the_first_keeps_its_window_and_hears_nothing() -> None:
    first, later, conflict = two()
    decide(conflict)
    first, later = fresh(first, later)
    assert (first.stage, first.protected_until) == (Stage.SUBMITTED, day("2027-04-01"))
    assert later.stage == Stage.REJECTED
    assert told_to("ada") == []
    assert told_to("ben") == [(NoticeKind.CONFLICT_DECIDED, "Dune Inc. was not accepted")]
    conflict.refresh_from_db()
    assert (conflict.state, conflict.decided_by, conflict.reason) == (FIRST, sam(), "Ben only knows the name")


def test_the_later_one_is_protected_from_the_decision_on() -> None:
    first, later, conflict = two()
    decide(conflict, LATER)
    first, later = fresh(first, later)
    assert first.stage == Stage.REJECTED
    assert (later.stage, later.protected_until, later.reviewed_at) == (Stage.SUBMITTED, day("2027-04-11"), SOON)
    assert told_to("ada") == [(NoticeKind.CONFLICT_DECIDED, "Dune Inc. was not accepted")]
    assert told_to("ben") == [(NoticeKind.CONFLICT_DECIDED, "Dune Inc. is your lead")]


def test_nobody_is_told_why_colleagues_are() -> None:
    *_, conflict = two()
    decide(conflict)
    assert not [body for body in Notice.objects.values_list("body", flat=True) if "Ben only knows" in body]
    assert not Lead.objects.filter(steps__reason__contains="Ben only knows").exists()
    entries = AuditEntry.objects.filter(action="conflict decided")
    assert {(entry.by, entry.details["reason"]) for entry in entries} == {(sam(), "Ben only knows the name")}
    assert len(entries) == 2  # One for each lead.


def test_a_first_lead_that_ran_out_is_protected_again() -> None:
    first, _, conflict = two()
    decide(conflict, at=AT + timedelta(days=100))
    first.refresh_from_db()
    assert first.protected_until == day("2027-07-10")  # 11 April + 90 days.
    assert [kind for kind, _ in told_to("ada")] == [NoticeKind.LEAD_MOVED]


@pytest.mark.parametrize("to", [FIRST, LATER])
def test_twice_is_refused_with_what_was_decided(to: ConflictState) -> None:
    *_, conflict = two()
    decide(conflict)
    before = all_rows()
    with pytest.raises(ConflictIsDecided, match=r"Sam decided it on .*Stays with the first partner"):
        decide(conflict, to, by=pam())
    assert all_rows() == before


def test_finance_does_not_decide_and_nobody_without_a_reason() -> None:
    *_, conflict = two()
    decider = pam()
    before = all_rows()
    with pytest.raises(NotPermitted):
        decide(conflict, by=fay())
    with pytest.raises(CannotDecide, match="Write the reason"):
        decide(conflict, by=decider, reason=" ")
    with pytest.raises(CannotDecide, match="Choose one"):
        decide(conflict, OVER, by=decider)
    assert all_rows() == before


def test_who_acts_for_one_of_the_partners_does_not_decide() -> None:
    *_, conflict = two()
    Membership.objects.create(partner=the_partner("ben"), user=sam(), role="member")
    with pytest.raises(CannotDecide, match="somebody else has to decide"):
        decide(conflict)


def test_a_partner_whose_partnership_ended_is_not_credited() -> None:
    *_, conflict = two()
    record(partner("ben", ended="2027-01-05", ended_by="partner"))
    with pytest.raises(CannotDecide, match="not active"):
        decide(conflict, LATER)
    assert decide(conflict, FIRST).state == FIRST


def test_three_registered_it_and_the_second_gets_it() -> None:
    """The third waits for the first; when that one is rejected, it waits for whoever got the company."""
    first, second, third = lead_of("ada"), lead_of("ben"), lead_of("cy")
    assert [(each.lead, each.first) for each in Conflict.objects.order_by("pk")] == [(second, first), (third, first)]
    decide(Conflict.objects.get(lead=second), LATER)
    states = Conflict.objects.order_by("pk").values_list("lead", "first", "state")
    assert list(states) == [(second.pk, first.pk, LATER), (third.pk, first.pk, OVER), (third.pk, second.pk, "open")]
    assert [lead.is_under_review for lead in fresh(second, third)] == [False, True]
    assert told_to("cy") == []


def test_nobody_passes_by_who_waits_when_a_protection_has_run_out() -> None:
    first, second = lead_of("ada"), lead_of("ben")
    late = AT + timedelta(days=91)
    third = lead_of("cy", at=late)
    assert third.is_under_review
    assert Conflict.objects.filter(lead=third).values_list("first", flat=True).get() == second.pk
    decide_conflict(conflict=Conflict.objects.get(lead=second), to=LATER, reason="Ben called", by=sam(), at=late)
    assert [lead.is_under_review for lead in fresh(second, third)] == [False, True]
    assert Conflict.objects.open().values_list("lead", "first").get() == (third.pk, second.pk)
    assert fresh(first)[0].stage == Stage.REJECTED


def test_three_registered_it_and_the_third_gets_it() -> None:
    first, second, third = lead_of("ada"), lead_of("ben"), lead_of("cy")
    decide(Conflict.objects.get(lead=third), LATER)
    assert [lead.stage for lead in fresh(first)] == [Stage.REJECTED]
    assert [lead.is_under_review for lead in fresh(second, third)] == [True, False]
    assert Conflict.objects.open().values_list("lead", "first").get() == (second.pk, third.pk)


def test_who_waits_is_protected_once_nothing_stands_against_it() -> None:
    """A registration with two conflicts is the partner's only when both are decided for it."""
    lead_of("ada", "Dune", "a@one.example")
    lead_of("cy", "Sand", "c@two.example")
    later = lead_of("ben", "Dune", "b@two.example")
    by_name, by_domain = Conflict.objects.order_by("first_id")
    decide(by_name, LATER)
    assert fresh(later)[0].is_under_review
    assert told_to("ben") == []
    decide(by_domain, LATER)
    assert not fresh(later)[0].is_under_review


@pytest.mark.parametrize("end", [Stage.LOST, Stage.REJECTED])
def test_when_the_protected_one_ends_the_next_in_line_is_protected(end: Stage) -> None:
    first, second, third = lead_of("ada"), lead_of("ben"), lead_of("cy")
    move_lead(lead=first, to=end, by=sam(), at=SOON, reason="No budget")
    second, third = fresh(second, third)
    assert second.protected_until == day("2027-04-11")  # 11 January + 90 days.
    assert third.is_under_review
    assert Conflict.objects.open().values_list("lead", "first").get() == (third.pk, second.pk)
    assert told_to("ben") == [(NoticeKind.CONFLICT_DECIDED, "Dune Inc. is your lead")]
    assert told_to("cy") == []


def test_when_the_waiting_one_ends_there_is_nothing_to_decide() -> None:
    first, later, conflict = two()
    move_lead(lead=later, to=Stage.REJECTED, by=sam(), at=SOON, reason="Not qualified")
    conflict.refresh_from_db()
    assert (conflict.state, conflict.decided_by) == (OVER, None)
    with pytest.raises(ConflictIsDecided, match="The system decided it"):
        decide(conflict)
    assert fresh(first)[0].protected_until == first.protected_until


def test_a_lead_that_was_won_meanwhile_keeps_the_company() -> None:
    first, later, conflict = two()
    win(first, at=SOON)
    with pytest.raises(CannotDecide, match="take back the win first"):
        decide(conflict, LATER)
    decide(conflict, FIRST)
    assert [lead.stage for lead in fresh(first, later)] == [Stage.WON, Stage.REJECTED]


def test_a_lead_under_review_is_not_won_before_it_is_decided() -> None:
    _, later, conflict = two()
    proposal = walk(later, Stage.PROPOSAL)
    before = all_rows()
    with pytest.raises(CannotBeWonYet, match="decide the conflict first"):
        win_lead(lead=proposal, closed_on=AT.date(), reference="dune", by=sam(), at=AT)
    assert all_rows() == before
    decide(conflict, LATER)
    assert win_lead(lead=proposal, closed_on=AT.date(), reference="dune", by=sam(), at=SOON).lead == later


# -- Customers and blocked domains --


def test_a_customer_that_is_registered_waits_for_sales() -> None:
    record(client("dune", "ben", name="Dune, Inc."))
    lead = lead_of("ada")
    assert lead.is_under_review
    conflict = Conflict.objects.get()
    assert (conflict.kind, conflict.first, conflict.known_as) == (ConflictKind.CUSTOMER, None, "Dune, Inc. (dune)")
    decide(conflict)
    assert lead.steps.latest("id").reason == "Existing customer: the company is a customer already."
    assert [subject for _, subject in told_to("ada")] == ["Dune Inc. was not accepted"]
    assert told_to("ben") == []


def test_a_customer_that_came_from_a_lead_is_one_conflict_with_that_lead() -> None:
    first = lead_of("ada")
    win(first)
    lead_of("ben")
    assert Conflict.objects.values_list("kind", "first").get() == (ConflictKind.LEAD, first.pk)


def test_a_blocked_domain_waits_for_sales_and_may_be_let_through() -> None:
    blocked = block_domain(domain="https://www.dune.example/x", reason="Our own", by=pam(), at=AT)
    assert blocked.domain == "dune.example"
    lead = lead_of("ada")
    conflict = Conflict.objects.get()
    assert (lead.is_under_review, conflict.kind, conflict.known_as) == (True, ConflictKind.BLOCKED, "dune.example")
    decide(conflict, LATER)
    assert fresh(lead)[0].is_protected(on=SOON.date())
    unblock_domain(blocked=blocked, by=pam(), at=AT)
    assert not lead_of("ben", "Sand", "x@sand.example").is_under_review


def test_rows_of_a_file_are_looked_at_in_the_same_way() -> None:
    record(client("dune", "ben", name="Dune, Inc."))
    block_domain(domain="sand.example", reason="Our own", by=pam(), at=AT)
    plain = {"domain": "", "contact": "Jo", "agents": None, "employees": None, "crm": "", "note": ""}
    leads = register_leads(
        partner=the_partner("ada"),
        rows=[
            {**plain, "company": "Dune Ltd", "email": "jo@x.example"},  # type: ignore[typeddict-item]
            {**plain, "company": "Sand", "email": "jo@sand.example"},  # type: ignore[typeddict-item]
            {**plain, "company": "Oak", "email": "jo@oak.example"},  # type: ignore[typeddict-item]
        ],
        channel=Channel.FILE,
        is_attested=True,
        by=owner_of("ada"),
        at=AT,
    )
    assert [lead.is_under_review for lead in leads] == [True, True, False]
    assert sorted(Conflict.objects.values_list("kind", flat=True)) == [ConflictKind.BLOCKED, ConflictKind.CUSTOMER]


@pytest.mark.parametrize("domain", ["gmail.com", "co.uk", "nonsense", ""])
def test_a_domain_that_is_nobodys_is_not_blocked(domain: str) -> None:
    manager = pam()
    before = all_rows()
    with pytest.raises(CannotBeBlocked):
        block_domain(domain=domain, reason="x", by=manager, at=AT)
    assert all_rows() == before


def test_sales_does_not_change_the_list() -> None:
    with pytest.raises(NotPermitted):
        block_domain(domain="dune.example", reason="x", by=sam(), at=AT)
    assert not BlockedDomain.objects.exists()
