"""Who of the company may do what."""

import re

import pytest

from accounts.models import AuditEntry, Role, User
from accounts.rights import NotPermitted, Right, may
from accounts.services.give_roles import RolesRefused, give_roles
from tests.cast import AT, abe, all_rows, fay, owner_of, pam, program, sam
from tests.managers.pages import browser_of, csv_of, read, text_of

pytestmark = pytest.mark.django_db
PEOPLE = "/admin/program/people/"


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def roles_of(user: User) -> set[str]:
    return set(user.groups.values_list("name", flat=True))


def test_the_list_says_roles_last_sign_in_and_second_step() -> None:
    fay()
    words = read(PEOPLE)
    assert "Fay fay@people.example Finance Never No Active" in words
    assert csv_of(PEOPLE)[1].startswith("Fay,fay@people.example,Finance,,no,yes")
    assert "approve payouts that somebody else prepared" in words


def test_a_manager_gives_and_takes_roles() -> None:
    rep, manager = sam(), pam()
    answer = browser_of(manager).post(f"{PEOPLE}{rep.pk}/", {"roles": [Role.FINANCE, Role.FINANCE_APPROVER]})
    assert answer.headers["Location"] == PEOPLE
    assert roles_of(rep) == {Role.FINANCE, Role.FINANCE_APPROVER}
    assert may(fresh(rep), Right.APPROVE_PAYOUTS)
    entry = AuditEntry.objects.get(action="roles changed")
    assert (entry.by, entry.subject) == (manager, "person sam@people.example")
    assert entry.details == {"given": ["Finance", "Finance approver"], "taken": ["Sales"]}


def test_the_same_roles_again_change_nothing() -> None:
    rep = sam()
    give_roles(person=rep, roles=[Role.SALES], by=pam(), at=AT)
    assert not AuditEntry.objects.filter(action="roles changed").exists()


def test_nobody_changes_their_own_roles() -> None:
    manager = pam()
    assert "ask another program manager" in read(f"{PEOPLE}{manager.pk}/")
    before = all_rows()["accounts_user_groups"]
    page = browser_of(manager).post(f"{PEOPLE}{manager.pk}/", {"roles": [Role.FINANCE_APPROVER]})
    assert page.status_code == 422
    assert all_rows()["accounts_user_groups"] == before


def test_the_last_program_manager_keeps_the_role() -> None:
    manager = pam()
    with pytest.raises(RolesRefused, match="the only program manager"):
        give_roles(person=manager, roles=[], by=None, at=AT)
    assert roles_of(manager) == {Role.PROGRAM_MANAGER}
    give_roles(person=fay(), roles=[Role.PROGRAM_MANAGER], by=manager, at=AT)
    give_roles(person=manager, roles=[], by=None, at=AT)
    assert roles_of(manager) == set()


def test_who_was_switched_off_does_not_count_as_the_other_manager() -> None:
    manager, other = pam(), fay()
    give_roles(person=other, roles=[Role.PROGRAM_MANAGER], by=manager, at=AT)
    User.objects.filter(pk=other.pk).update(is_active=False)
    with pytest.raises(RolesRefused, match="the only program manager"):
        give_roles(person=manager, roles=[Role.SALES], by=None, at=AT)


def test_partners_people_hold_no_roles() -> None:
    program()
    owner = owner_of("ada")
    with pytest.raises(RolesRefused, match="not one of the company"):
        give_roles(person=owner, roles=[Role.FINANCE], by=pam(), at=AT)
    assert browser_of().get(f"{PEOPLE}{owner.pk}/").status_code == 404
    assert roles_of(owner) == set()


def test_nobody_but_a_manager_gives_roles() -> None:
    rep = sam()
    with pytest.raises(NotPermitted):
        give_roles(person=rep, roles=[Role.FINANCE], by=abe(), at=AT)
    assert roles_of(rep) == {Role.SALES}


def test_of_two_who_change_roles_the_second_sees_what_the_first_did() -> None:
    url, browser = f"{PEOPLE}{sam().pk}/", browser_of()
    seen = re.search(r'name="seen" value="([^"]*)"', browser.get(url).content.decode())
    assert seen
    give_roles(person=sam(), roles=[Role.SALES, Role.FINANCE], by=None, at=AT)
    answer = browser.post(url, {"roles": [Role.SALES, Role.FINANCE_APPROVER], "seen": seen[1]})
    assert answer.status_code == 422
    assert "Sam has Finance, Sales now. Look again" in text_of(answer.content.decode())
    assert roles_of(User.objects.get(name="Sam")) == {Role.SALES, Role.FINANCE}
    again = re.search(r'name="seen" value="([^"]*)"', answer.content.decode())
    assert again
    assert browser.post(url, {"roles": [Role.SALES], "seen": again[1]}).status_code == 302
    assert browser.post(url, {"roles": [Role.SALES], "seen": again[1]}).status_code == 302  # A second click.
    assert roles_of(User.objects.get(name="Sam")) == {Role.SALES}
