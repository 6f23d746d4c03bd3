"""Who acts for a partner: inviting, joining, changing roles, and never without an owner."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from affiliates.models import Invitation, Membership
from affiliates.models.invitation import hash_token
from affiliates.models.partner import MemberRole
from affiliates.services.change_membership import LastOwner, change_role, remove_member
from affiliates.services.invite import InvitationRefused, accept_invitation, invite, join_as_new_person
from notices.models import Notice
from tests.cast import AT, all_rows, fay, owner_of, pam, partner, program, record, the_partner

pytestmark = pytest.mark.django_db

PAGE = "/settings/people/"
INVITE = "/settings/people/invite/"
NEW = "new@oak.example"
PASSWORD = "four words in a row"


@pytest.fixture(autouse=True)
def _program() -> None:
    program()


@pytest.fixture(autouse=True)
def _now() -> Any:
    with time_machine.travel(AT, tick=False):
        yield


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def sure(user: User) -> Client:
    """The browser of a person who has just said again who they are."""
    user.set_password(PASSWORD)
    user.save()
    client = signed_in(user)
    client.post("/accounts/reauthenticate/?next=/", {"password": PASSWORD})
    return client


def member(key: str = "ada", name: str = "mia") -> User:
    user = User.objects.create_user(f"{name}@people.example", PASSWORD, name=name.title())
    Membership.objects.create(partner=the_partner(key), user=user, role=MemberRole.MEMBER)
    return user


def invited(email: str = NEW, role: MemberRole = MemberRole.MEMBER) -> str:
    """The link of a new invitation of Ada's owner."""
    invite(partner=the_partner("ada"), email=email, role=role, by=owner_of("ada"), at=AT)
    return Notice.objects.filter(kind="invitation").latest("pk").path


def token_of(link: str) -> str:
    return link.rstrip("/").rpartition("/")[2]


# -- Inviting ---------------------------------------------------------------------------------------------


def test_an_owner_invites_and_the_page_shows_who_waits() -> None:
    client = sure(owner_of("ada"))
    assert client.post(INVITE, {"email": NEW, "role": "member"}).headers["Location"] == PAGE
    shown = client.get(PAGE).content.decode()
    assert NEW in shown
    assert "15 January 2027" in shown
    assert Notice.objects.get().recipient == NEW


def test_what_is_kept_of_the_token_opens_nothing() -> None:
    token = token_of(invited())
    kept = Invitation.objects.get().token_hash
    assert kept == hash_token(token) != token
    assert Client().get(reverse("join", args=[kept])).status_code == 404


def test_a_member_sees_the_people_and_changes_nothing() -> None:
    client, other = sure(member()), member(name="max")
    invited()
    shown = client.get(PAGE).content.decode()
    assert "Max" in shown
    assert "Invite somebody" not in shown
    row, waiting = Membership.objects.get(user=other), Invitation.objects.get()
    before = all_rows()
    for url, data in (
        (INVITE, {"email": "x@y.example", "role": "owner"}),
        (reverse("person_role", args=[row.pk]), {"role": "owner"}),
        (reverse("person_remove", args=[row.pk]), {}),
        (reverse("invitation_withdraw", args=[waiting.pk]), {}),
    ):
        assert client.post(url, data).status_code == 403, url
    assert {table: rows for table, rows in all_rows().items() if rows != before[table]} == {}


def test_somebody_who_is_there_is_not_invited_again() -> None:
    client, mia = sure(owner_of("ada")), member()
    answer = client.post(INVITE, {"email": mia.email.upper(), "role": "member"})
    assert answer.status_code == 422
    assert "belongs to Ada Partners already" in answer.content.decode()
    assert not Invitation.objects.exists()


def test_inviting_again_makes_the_first_link_useless() -> None:
    first, second = invited(), invited(NEW.upper())
    assert Client().get(first).status_code == 404
    assert Client().get(second).status_code == 200


def test_a_withdrawn_and_an_old_invitation_open_nothing() -> None:
    link, client = invited(), signed_in(owner_of("ada"))
    assert client.post(reverse("invitation_withdraw", args=[Invitation.objects.get().pk])).status_code == 302
    assert Client().get(link).status_code == 404
    assert NEW not in client.get(PAGE).content.decode().split("<main", 1)[1].split("toast", 1)[0]
    link = invited()
    with time_machine.travel(AT + timedelta(days=14), tick=False):
        assert Client().get(link).status_code == 404
        with pytest.raises(InvitationRefused):
            join_as_new_person(token=token_of(link), name="N", password=PASSWORD, at=AT + timedelta(days=14))
    assert not User.objects.filter(email=NEW).exists()


def test_a_program_manager_invites_an_owner_in_the_admin() -> None:
    url = reverse("admin:affiliates_invitation_add")
    data = {"partner": the_partner("ben").pk, "email": NEW, "name": "New", "role": "owner"}
    assert signed_in(fay()).post(url, data).status_code == 403
    assert signed_in(pam()).post(url, data).status_code == 302
    made = Invitation.objects.get()
    assert (made.partner, made.role, made.invited_by) == (the_partner("ben"), MemberRole.OWNER, pam())
    assert signed_in(pam()).post(url, data | {"email": owner_of("ben").email}).status_code == 200
    assert Invitation.objects.count() == 1


def test_the_admin_hides_the_link_of_an_invitation() -> None:
    token = token_of(invited())
    url = reverse("admin:notices_notice_change", args=[Notice.objects.get(kind="invitation").pk])
    shown = signed_in(fay()).get(url).content.decode()
    assert "For whom it is sent to alone" in shown
    assert token not in shown


# -- Joining ----------------------------------------------------------------------------------------------


def test_somebody_new_chooses_a_name_and_a_password_and_is_in() -> None:
    link, client = invited(), Client()
    assert "Join Ada Partners" in client.get(link).content.decode()
    assert client.post(link, {"name": "Nell New", "password": PASSWORD}).headers["Location"] == "/"
    user = User.objects.get(email=NEW)
    assert (user.name, user.check_password(PASSWORD), user.is_staff) == ("Nell New", True, False)
    assert Membership.objects.get(user=user).role == MemberRole.MEMBER
    assert "Nell New" in client.get(PAGE).content.decode()
    assert Client().get(link).status_code == 404


@pytest.mark.parametrize("password", ["short", "password123", ""])
def test_a_weak_password_is_refused(password: str) -> None:
    link = invited()
    assert Client().post(link, {"name": "Nell", "password": password}).status_code == 422
    assert not User.objects.filter(email=NEW).exists()
    assert Invitation.objects.get().accepted_at is None


def test_somebody_known_signs_in_and_joins() -> None:
    ben = owner_of("ben")
    link = invited(ben.email, MemberRole.OWNER)
    assert Client().get(link).headers["Location"].startswith("/accounts/login/?next=/join/")
    assert Client().post(link, {"name": "Thief", "password": PASSWORD}).headers["Location"].startswith("/accounts/")
    client = signed_in(ben)
    assert client.post(link).status_code == 302
    assert set(ben.memberships.values_list("partner__reference", "role")) == {("ada", "owner"), ("ben", "owner")}
    assert "Ada Partners" in client.get("/settings/").content.decode()


def test_an_invitation_is_for_its_address_alone() -> None:
    link, client = invited(), signed_in(owner_of("ben"))
    assert "for somebody else" in client.get(link).content.decode()
    assert client.post(link).headers["Location"] == link
    with pytest.raises(InvitationRefused, match=NEW):
        accept_invitation(token=token_of(link), user=owner_of("ben"), at=AT)
    assert Membership.objects.filter(user=owner_of("ben")).count() == 1
    assert client.post(link, {"sign_out": "yes"}).headers["Location"] == link
    assert "Choose" not in client.get(link).content.decode()
    assert 'name="password"' in client.get(link).content.decode()


def test_guessing_links_is_slowed_down() -> None:
    codes = [Client().post(reverse("join", args=[f"guess-{n}"])).status_code for n in range(31)]
    assert codes == [404] * 30 + [429]
    last = Client().post(reverse("join", args=["guess"]))
    assert "Wait a few minutes" in last.content.decode()


# -- Roles ------------------------------------------------------------------------------------------------


def test_an_owner_makes_owners_and_members_and_removes_people() -> None:
    mia, client = member(), sure(owner_of("ada"))
    row = Membership.objects.get(user=mia)
    assert "Make Mia an owner?" in client.get(reverse("person_role", args=[row.pk])).content.decode()
    assert client.post(reverse("person_role", args=[row.pk]), {"role": "owner"}).status_code == 302
    row.refresh_from_db()
    assert row.role == MemberRole.OWNER
    assert client.post(reverse("person_role", args=[row.pk]), {"role": "emperor"}).status_code == 302
    assert "Remove Mia?" in client.get(reverse("person_remove", args=[row.pk])).content.decode()
    assert client.post(reverse("person_remove", args=[row.pk])).headers["Location"] == PAGE
    assert not Membership.objects.filter(user=mia).exists()
    assert signed_in(mia).get(PAGE).status_code == 403


def test_whoever_gives_or_takes_rights_says_again_who_they_are() -> None:
    row, owner = Membership.objects.get(user=member().pk), owner_of("ada")
    owner.set_password(PASSWORD)
    owner.save()
    steps: tuple[tuple[str, dict[str, str]], ...] = (
        (INVITE, {"email": NEW, "role": "owner"}),
        (reverse("person_role", args=[row.pk]), {"role": "owner"}),
        (reverse("person_remove", args=[row.pk]), {}),
    )
    client = signed_in(owner)
    for url, data in steps:
        assert client.get(url).headers["Location"].startswith("/accounts/reauthenticate/")
        assert client.post(url, data).headers["Location"] == url
    client = sure(owner)
    with time_machine.travel(AT + timedelta(minutes=6), tick=False):
        for url, data in steps:
            assert client.post(url, data).headers["Location"] == url
    assert "Too much time has passed" in client.get(PAGE).content.decode()
    assert Membership.objects.get(pk=row.pk).role == MemberRole.MEMBER
    assert not Invitation.objects.exists()
    assert NEW not in str(dict(client.session.items()))


@pytest.mark.parametrize(
    "step",
    [
        lambda row, by: change_role(membership=row, to=MemberRole.MEMBER, by=by, at=AT),
        lambda row, by: remove_member(membership=row, by=by, at=AT),
    ],
    ids=["made a member", "removed"],
)
def test_the_last_owner_stays(step: Callable[[Membership, User], Any]) -> None:
    owner = owner_of("ada")
    member()
    row, before = Membership.objects.get(user=owner), all_rows()
    with pytest.raises(LastOwner):
        step(row, owner)
    assert all_rows() == before
    client = sure(owner)
    client.post(reverse("person_role", args=[row.pk]), {"role": "member"})
    client.post(reverse("person_remove", args=[row.pk]))
    assert "only owner" in client.get(PAGE).content.decode()
    assert Membership.objects.get(user=owner).role == MemberRole.OWNER


def test_another_partners_people_are_not_there() -> None:
    theirs, client = Membership.objects.get(user=owner_of("ben")), sure(owner_of("ada"))
    invitation = invite(partner=the_partner("ben"), email=NEW, role=MemberRole.MEMBER, by=owner_of("ben"), at=AT)
    client.get(PAGE)
    before = all_rows()
    for name, pk in (("person_role", theirs.pk), ("person_remove", theirs.pk), ("invitation_withdraw", invitation.pk)):
        url = reverse(name, args=[pk])
        assert client.post(url, {"role": "member"}).status_code == 404
        assert client.get(url).status_code in (404, 405)
    assert {table: rows for table, rows in all_rows().items() if rows != before[table]} == {}
    assert NEW not in client.get(PAGE).content.decode()


def test_the_page_costs_the_same_with_2_people_and_with_30() -> None:
    client = signed_in(owner_of("ada"))

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(PAGE).status_code == 200
        return len(captured)

    member(), invited("a0@x.example")
    few = cost()
    for number in range(28):
        member(name=f"m{number}")
        invited(f"b{number}@x.example")
    assert cost() == few


def test_people_can_still_be_changed_after_the_end() -> None:
    record(partner("ada", ended="2026-06-30", ended_by="partner"))
    client = sure(owner_of("ada"))
    assert client.post(INVITE, {"email": NEW, "role": "owner"}).headers["Location"] == PAGE
    assert Invitation.objects.count() == 1
