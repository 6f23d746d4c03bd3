"""Clients go to another partner, or a partner merges into one: the effect is shown first, and is what comes."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import AuditEntry
from accounts.rights import NotPermitted
from affiliates.models import Partner, Program
from affiliates.months import parse_month
from affiliates.services.open_violation import open_violation
from clients.models import Client, ClientHistory
from clients.services.merge_partners import merge_partners
from clients.services.move_clients import MoveRefused, move_clients
from commissions.services.effect_on_next_run import Effect, effect_on_next_run
from notices.models import Notice
from referrals.models import Conflict, Lead
from referrals.models.conflict import ConflictState
from referrals.services.make_link import make_link
from referrals.services.register_lead import register_lead
from tests.cast import (
    AT,
    all_rows,
    client,
    close,
    close_months,
    day,
    earned,
    monthly,
    owner_of,
    pam,
    partner,
    posted,
    program,
    record,
    sam,
    the_partner,
)  # fmt: skip
from tests.managers.pages import browser_of, text_of
from tests.world import SITE

pytestmark = pytest.mark.django_db


def two_months() -> Client:
    """Acme paid 1,000 in two closed months for Ada, Brim 4,500 for Ben."""
    program(
        client("acme"),
        client("brim", of="ben"),
        *(monthly("acme", month, "1000.00") for month in ("2026-01", "2026-02", "2026-03")),
        *(monthly("brim", month, "4500.00") for month in ("2026-01", "2026-02", "2026-03")),
    )
    close_months("2026-01", "2026-02")
    return Client.objects.get(reference="acme")


def effect(moved: Client) -> Effect:
    ada, ben = the_partner("ada"), the_partner("ben")
    return effect_on_next_run(
        step=lambda: move_clients(of=ada, to=ben, clients=[moved.pk], reason="x", by=pam(), at=AT),
        partners=(ada, ben),
        on=AT.date(),
    )


def by_partner(amounts: dict[str, str]) -> dict[str, Decimal]:
    """What was posted, by partner and service month: `{"ada 2026-01": …}`."""
    sums: dict[str, Decimal] = {}
    for key, amount in amounts.items():
        name, _, month = key.split()
        sums[f"{name} {month}"] = sums.get(f"{name} {month}", Decimal(0)) + Decimal(amount)
    return sums


def test_the_effect_is_taken_from_the_first_and_given_to_the_second_at_its_own_rate() -> None:
    shown = effect(two_months())
    ada, ben = the_partner("ada").pk, the_partner("ben").pk
    months = [parse_month(month) for month in ("2026-01", "2026-02", "2026-03")]
    # With 5,500 Ben reaches 30 % on all of it: 1,650 instead of the 900 that stand for a month.
    assert shown.posted == {
        ada: dict.fromkeys(months, Decimal("-200.00")),
        ben: dict.fromkeys(months, Decimal("750.00")),
    }
    assert shown.period == parse_month("2026-03")


def test_the_next_run_posts_exactly_what_was_shown() -> None:
    moved = two_months()
    before = by_partner(earned("2026-03"))
    shown = effect(moved)
    assert by_partner(posted("2026-03")) == before
    move_clients(of=the_partner("ada"), to=the_partner("ben"), clients=[moved.pk], reason="Asked", by=pam(), at=AT)
    after = by_partner(close("2026-03"))
    keys = {each.pk: each.reference for each in Partner.objects.all()}
    told = {f"{keys[key]} {month:%Y-%m}": amount for key in shown.posted for month, amount in shown.posted[key].items()}
    changed = {key: after.get(key, Decimal(0)) - before.get(key, Decimal(0)) for key in before | after}
    assert told == {key: amount for key, amount in changed.items() if amount}


def test_to_look_at_the_effect_changes_nothing() -> None:
    moved, manager = two_months(), pam()
    before = all_rows()
    effect(moved)
    url = f"/admin/program/clients/{moved.pk}/move/?to=ben"
    assert browser_of(manager).get(url).status_code == 200
    after = all_rows()
    signed_in = ("django_session", "usersessions_usersession", "accounts_user")
    assert {**after, **dict.fromkeys(signed_in)} == {**before, **dict.fromkeys(signed_in)}


def test_a_manager_sees_the_effect_and_then_moves_the_client() -> None:
    moved = two_months()
    browser, url = browser_of(), f"/admin/program/clients/{moved.pk}/move/?to=Ben+Part"
    page = browser.get(url).content.decode()
    words = text_of(page)
    assert "What the run of March 2026 posts because of it" in words
    assert "Jan 2026 −200.00 750.00" in words
    assert "Together −600.00 2,250.00" in words
    assert "Ada Partners 400.00 −600.00 −200.00" in words
    shown = re.search(r'name="shown" value="(\w+)"', page)
    assert shown
    answer = browser.post(url, {"shown": shown[1], "reason": "Asked by both"})
    assert answer.headers["Location"] == f"/admin/program/partners/{the_partner('ben').pk}/"
    moved.refresh_from_db()
    assert moved.partner == the_partner("ben")
    assert ClientHistory.objects.filter(client=moved).count() == 2
    entry = AuditEntry.objects.get(action="client moved")
    assert (entry.subject, entry.details) == ("client acme", {"of": "ada", "to": "ben", "reason": "Asked by both"})
    # A second click finds nothing of the first partner any more.
    assert browser.post(url, {"shown": shown[1], "reason": "Asked by both"}).status_code == 422
    assert AuditEntry.objects.filter(action="client moved").count() == 1


def test_what_was_confirmed_is_what_was_shown() -> None:
    moved = two_months()
    browser, url = browser_of(), f"/admin/program/clients/{moved.pk}/move/?to=ben"
    shown = re.search(r'name="shown" value="(\w+)"', browser.get(url).content.decode())
    assert shown
    record(client("extra"), monthly("extra", "2026-03", "4500.00"))
    answer = browser.post(url, {"shown": shown[1], "reason": "Asked"})
    assert answer.status_code == 409
    assert "the facts changed meanwhile" in answer.content.decode()
    moved.refresh_from_db()
    assert moved.partner == the_partner("ada")


def test_without_a_reason_nothing_moves() -> None:
    moved = two_months()
    browser, url = browser_of(), f"/admin/program/clients/{moved.pk}/move/?to=ben"
    shown = re.search(r'name="shown" value="(\w+)"', browser.get(url).content.decode())
    assert shown
    assert browser.post(url, {"shown": shown[1], "reason": ""}).status_code == 422
    moved.refresh_from_db()
    assert moved.partner == the_partner("ada")


@pytest.mark.parametrize(
    ("to", "words"),
    [
        ("ada", "They belong to Ada Partners already"),
        ("gone", "Gone Partners is not active"),
        ("leaves", "Leaves Partners ends on"),
        ("nobody", "There is no partner like “nobody”"),
        ("Partners", "Several are like that"),
    ],
)
def test_where_it_cannot_go_is_said_in_words(to: str, words: str) -> None:
    moved = two_months()
    record(partner("gone", ended="2026-01-31"), partner("leaves", ended="2027-06-30"))
    answer = browser_of().get(f"/admin/program/clients/{moved.pk}/move/?to={to}")
    assert answer.status_code == 422
    assert words in text_of(answer.content.decode())


def test_all_clients_of_a_partner_go_at_once() -> None:
    two_months()
    record(client("more"))
    ada, ben = the_partner("ada"), the_partner("ben")
    page = browser_of().get(f"/admin/program/partners/{ada.pk}/move/?to=ben")
    assert "Move 2 clients to another partner" in text_of(page.content.decode())
    keys = list(Client.objects.filter(partner=ada).values_list("pk", flat=True))
    assert move_clients(of=ada, to=ben, clients=keys, reason="Sold", by=pam(), at=AT) == 2
    assert not Client.objects.filter(partner=ada).exists()
    close("2026-03")
    assert AuditEntry.objects.filter(subject="partner ada", action="clients moved").exists()


def test_only_a_manager_moves_and_not_for_their_own_partner() -> None:
    moved = two_months()
    ada, ben = the_partner("ada"), the_partner("ben")
    with pytest.raises(NotPermitted):
        move_clients(of=ada, to=ben, clients=[moved.pk], reason="x", by=sam(), at=AT)
    manager = pam()
    ben.memberships.create(user=manager, role="member")
    with pytest.raises(MoveRefused, match="somebody else has to decide"):
        move_clients(of=ada, to=ben, clients=[moved.pk], reason="x", by=manager, at=AT)
    moved.refresh_from_db()
    assert moved.partner == ada


def told_of_clients() -> dict[str, tuple[str, str]]:
    """What partners were told of clients that moved, by whom it is about."""
    rows = Notice.objects.filter(key__startswith="clients:")
    return {notice.about: (notice.subject, notice.body) for notice in rows}


def test_both_partners_are_told_and_neither_who_the_other_is() -> None:
    moved = two_months()
    ada, ben = the_partner("ada"), the_partner("ben")
    effect(moved)
    assert told_of_clients() == {}  # To look at the effect tells nobody.
    move_clients(of=ada, to=ben, clients=[moved.pk], reason="Ada Partners never met them", by=pam(), at=AT)
    told = told_of_clients()
    assert set(told) == {"Ada Partners", "Ben Partners"}
    assert told["Ada Partners"][0] == "Acme Inc. is not credited to you any more"
    assert "takes back what you earned with it" in told["Ada Partners"][1]
    assert told["Ben Partners"][0] == "Acme Inc. is credited to you"
    assert "at your own rates" in told["Ben Partners"][1]
    assert "Ben" not in " ".join(told["Ada Partners"])
    assert "Ada" not in " ".join(told["Ben Partners"])
    with pytest.raises(MoveRefused):
        move_clients(of=ada, to=ben, clients=[moved.pk], reason="Again", by=pam(), at=AT)
    assert Notice.objects.filter(key__startswith="clients:").count() == 2


def test_of_many_clients_the_notice_names_each() -> None:
    two_months()
    record(client("more"))
    ada, ben = the_partner("ada"), the_partner("ben")
    keys = list(Client.objects.filter(partner=ada).values_list("pk", flat=True))
    move_clients(of=ada, to=ben, clients=keys, reason="Sold", by=pam(), at=AT)
    subject, body = told_of_clients()["Ada Partners"]
    assert subject == "2 clients are not credited to you any more"
    assert "They are Acme Inc., More Inc." in body


def test_a_partner_that_gave_notice_meanwhile_gets_no_client() -> None:
    moved = two_months()
    ada, ben = the_partner("ada"), the_partner("ben")  # As somebody looked at them.
    record(partner("ben", ended="2027-06-30"))
    with pytest.raises(MoveRefused, match="ends on 2027-06-30"):
        move_clients(of=ada, to=ben, clients=[moved.pk], reason="Asked", by=pam(), at=AT)
    moved.refresh_from_db()
    assert moved.partner == ada


# -- Merging ----------------------------------------------------------------------------------------------


def merged(*, with_people: bool = True) -> dict[str, int]:
    two_months()
    Program.objects.update(company_site=SITE)
    ada, owner = the_partner("ada"), owner_of("ada")
    owner_of("ben")
    register_lead(
        partner=ada, company="Oak Ltd", contact="Jo", email="jo@oak.example", is_attested=True, by=owner, at=AT
    )
    make_link(partner=ada, name="News", destination=SITE, by=owner, at=AT)
    return merge_partners(partner=ada, into=the_partner("ben"), with_people=with_people, reason="Sold", by=pam(), at=AT)


def test_what_goes_on_becomes_the_others_and_the_partner_ends() -> None:
    assert merged() == {"clients": 1, "leads": 1, "links": 1, "people": 1}
    ada, ben = the_partner("ada"), the_partner("ben")
    assert ada.terminated_on == AT.date() + timedelta(days=3)
    assert "Merged into Ben Partners: Sold" in ada.termination_notices.get().reason
    assert Lead.objects.get().partner == ben
    assert ben.links.get().name == "News"
    assert {member.user.email: member.role for member in ben.memberships.all()} == {
        "owner.of.ben@people.example": "owner",
        "owner.of.ada@people.example": "member",
    }
    assert ada.memberships.count() == 1  # They still read the account there.
    assert AuditEntry.objects.filter(action="partner merged", subject__in=("partner ada", "partner ben")).count() == 2


def test_what_was_posted_stays_where_it_is_explained() -> None:
    merged(with_people=False)
    ada = the_partner("ada")
    assert [entry.amount for entry in ada.ledger.order_by("pk")] == [Decimal("200.00"), Decimal("200.00")]
    assert ada.payouts.count() == 2
    assert the_partner("ben").memberships.count() == 1


def test_a_partner_with_an_open_violation_or_that_ends_does_not_merge() -> None:
    two_months()
    ada, ben, manager = the_partner("ada"), the_partner("ben"), pam()
    open_violation(partner=ada, clause="6", evidence="x", notice_on=day("2026-12-30"), by=manager, at=AT)
    before = all_rows()["clients_client"]
    with pytest.raises(MoveRefused, match="has an open violation"):
        merge_partners(partner=ada, into=ben, with_people=True, reason="x", by=manager, at=AT)
    record(partner("leaves", ended="2027-06-30"), client("last", of="leaves"))
    with pytest.raises(MoveRefused, match="ends on 2027-06-30 already"):
        merge_partners(partner=the_partner("leaves"), into=ben, with_people=True, reason="x", by=manager, at=AT)
    assert [row for row in all_rows()["clients_client"] if "last" not in row] == before


def test_the_merge_shows_its_effect_first() -> None:
    two_months()
    ada = the_partner("ada")
    browser, url = browser_of(), f"/admin/program/partners/{ada.pk}/merge/?to=ben"
    page = browser.get(url).content.decode()
    assert "Together −600.00 2,250.00" in text_of(page)
    assert "finance settles that with an adjustment" in text_of(page)
    shown = re.search(r'name="shown" value="(\w+)"', page)
    assert shown
    assert browser.post(url, {"shown": shown[1], "reason": "Sold"}).status_code == 302
    after = by_partner(close("2026-03"))
    assert after["ada 2026-01"] == Decimal("-200.00")
    assert after["ben 2026-01"] == Decimal("750.00")


def test_nothing_is_left_to_decide_between_leads_that_are_the_same_partners_now() -> None:
    program()
    first = register_lead(**oak("ada"))
    later = register_lead(**oak("ben"))
    assert later.is_under_review
    merge_partners(
        partner=the_partner("ada"), into=the_partner("ben"), with_people=False, reason="Sold", by=pam(), at=AT
    )
    assert Conflict.objects.get().state == ConflictState.OVER
    later.refresh_from_db()
    first.refresh_from_db()
    assert first.partner == later.partner == the_partner("ben")
    assert later.is_protected(on=AT.date())
    assert first.is_protected(on=AT.date())


def oak(of: str) -> dict[str, Any]:
    return {
        "partner": the_partner(of), "company": "Oak Ltd", "contact": "Jo", "email": "jo@oak.example",
        "is_attested": True, "by": owner_of(of), "at": AT,
    }  # fmt: skip
