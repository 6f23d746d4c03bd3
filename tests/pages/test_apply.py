"""From the public page to a partner: apply, confirm the address, be approved or declined."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, User
from accounts.rights import NotPermitted
from affiliates.models import Application, Invitation, Partner, Program
from affiliates.models.application import ApplicationState
from affiliates.models.partner import MemberRole
from affiliates.services.apply import apply
from affiliates.services.move_application import (
    ApplicationRefused,
    approve_application,
    decline_application,
    verify_application,
)
from notices.models import Notice
from tests.cast import AT, all_rows, fay, owner_of, pam, program, the_partner

pytestmark = pytest.mark.django_db

ANSWERS: dict[str, Any] = {
    "kind": "affiliate",
    "company": "Oak & Ash",
    "site": "https://oak.example/",
    "name": "Jo Oak",
    "email": "jo@oak.example",
    "audience": "Owners of call centers, about 2,000",
    "promotion": "A newsletter",
}


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(AT, tick=False) as clock:
        yield clock


def opened(client: Client) -> str:
    """What the form, opened now, carries along."""
    found = re.search(r'name="started" value="([^"]+)"', client.get("/apply/").content.decode())
    assert found
    return found[1]


def applied(**changes: Any) -> Application:
    return apply(**(ANSWERS | changes), at=AT)


def verified(**changes: Any) -> Application:
    return verify_application(application=applied(**changes), at=AT)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


# -- The public page --------------------------------------------------------------------------------------


def test_the_program_is_presented_from_its_own_data() -> None:
    Program.objects.update(protection_days=45, minimum_payout="25.00", company_name="Oakphone")
    shown = Client().get("/").content.decode()
    for words in ("Oakphone", "20\N{NO-BREAK SPACE}%", "30\N{NO-BREAK SPACE}%", "$5,000", "45 days", "25.00 USD"):
        assert words in shown, words
    assert 'href="/apply/"' in shown
    assert 'href="/accounts/login/"' in shown
    assert 'content="index, follow"' in shown


# -- Applying ---------------------------------------------------------------------------------------------


def test_an_application_is_kept_and_its_address_asked(clock: time_machine.Traveller) -> None:
    client = Client()
    started = opened(client)
    clock.shift(timedelta(seconds=40))
    answer = client.post("/apply/", ANSWERS | {"started": started})
    assert answer.headers["Location"] == "/apply/sent/"
    application = Application.objects.get()
    assert (application.company, application.state) == ("Oak & Ash", ApplicationState.APPLIED)
    notice = Notice.objects.get()
    assert notice.recipient == "jo@oak.example"
    assert client.get("/apply/sent/").status_code == 200


def test_the_answer_says_nothing_about_who_is_here_already(clock: time_machine.Traveller) -> None:
    program()
    client, pages = Client(), []
    for email in ("new@oak.example", owner_of("ada").email):
        started = opened(client)
        clock.shift(timedelta(seconds=40))
        answer = client.post("/apply/", ANSWERS | {"started": started, "email": email})
        pages.append((answer.status_code, answer.headers["Location"]))
    assert pages[0] == pages[1]
    assert Notice.objects.filter(key__startswith="application").count() == 2


@pytest.mark.parametrize("after", [timedelta(seconds=1), timedelta(days=2)], ids=["too fast", "too late"])
def test_too_fast_and_too_late_are_asked_to_send_again(clock: time_machine.Traveller, after: timedelta) -> None:
    client = Client()
    started = opened(client)
    clock.shift(after)
    answer = client.post("/apply/", ANSWERS | {"started": started})
    assert answer.status_code == 422
    assert "send it again" in answer.content.decode()
    assert not Application.objects.exists()
    again = re.search(r'name="started" value="([^"]+)"', answer.content.decode())
    assert again
    clock.shift(timedelta(seconds=5))
    assert client.post("/apply/", ANSWERS | {"started": again[1]}).status_code == 302
    assert Application.objects.count() == 1


def test_a_machine_is_thanked_and_nothing_is_kept(clock: time_machine.Traveller) -> None:
    client = Client()
    started = opened(client)
    clock.shift(timedelta(seconds=40))
    answer = client.post("/apply/", ANSWERS | {"started": started, "fax": "buy pills"})
    assert answer.headers["Location"] == "/apply/sent/"
    assert not Application.objects.exists()
    assert not Notice.objects.exists()


@pytest.mark.parametrize("field", ANSWERS)
def test_every_answer_is_wanted(clock: time_machine.Traveller, field: str) -> None:
    client = Client()
    started = opened(client)
    clock.shift(timedelta(seconds=40))
    answer = client.post("/apply/", ANSWERS | {"started": started, field: ""})
    assert answer.status_code == 422
    assert not Application.objects.exists()


def test_whoever_applies_again_and_again_is_stopped(clock: time_machine.Traveller) -> None:
    client = Client()
    started = opened(client)
    clock.shift(timedelta(seconds=40))
    codes = [client.post("/apply/", ANSWERS | {"started": started}).status_code for _ in range(11)]
    assert codes == [302] * 10 + [429]
    assert Application.objects.count() == 10


# -- The address ------------------------------------------------------------------------------------------


def test_the_address_is_confirmed_by_a_press_and_not_by_following_the_link() -> None:
    application = applied()
    link, client = Notice.objects.get().path, Client()
    assert "Confirm this address" in client.get(link).content.decode()
    application.refresh_from_db()
    assert application.state == ApplicationState.APPLIED
    assert client.post(link).status_code == 302
    assert client.post(link).status_code == 302
    application.refresh_from_db()
    assert (application.state, application.verified_at) == (ApplicationState.VERIFIED, AT)
    assert "is confirmed" in client.get(link).content.decode()
    assert AuditEntry.objects.filter(action="application verified").count() == 1


def test_an_old_link_and_a_made_up_one_confirm_nothing(clock: time_machine.Traveller) -> None:
    applied()
    link = Notice.objects.get().path
    assert Client().post("/apply/confirm/MQ:made:up/").status_code == 404
    clock.shift(timedelta(days=8))
    answer = Client().post(link)
    assert answer.status_code == 404
    assert "Apply again" in answer.content.decode()
    assert Application.objects.get().state == ApplicationState.APPLIED


# -- The decision -----------------------------------------------------------------------------------------


def test_approval_makes_a_partner_and_invites_its_owner() -> None:
    program()
    application = verified()
    url = reverse("admin:affiliates_application_change", args=[application.pk])
    client = signed_in(pam())
    assert client.get(url).status_code == 200
    assert client.post(url, {"decision": "approve", "reason": ""}).status_code == 302
    partner = Partner.objects.get(application=application)
    assert (partner.reference, partner.name, partner.kind) == ("oak-ash", "Oak & Ash", "affiliate")
    assert partner.joined_on == Program.current().day(AT)
    assert partner.history.count() == 1
    invitation = Invitation.objects.get(partner=partner)
    assert (invitation.email, invitation.role) == ("jo@oak.example", MemberRole.OWNER)
    assert Notice.objects.get(kind="invitation").recipient == "jo@oak.example"
    assert AuditEntry.objects.filter(action="application approved", by=pam()).exists()


def test_a_second_partner_of_the_same_name_has_a_key_of_its_own() -> None:
    keys = [
        approve_application(application=verified(email=email), by=pam(), at=AT).reference
        for email in ("a@oak.example", "b@oak.example")
    ]
    assert keys == ["oak-ash", "oak-ash-2"]


def test_declining_tells_the_reason() -> None:
    application = verified()
    url = reverse("admin:affiliates_application_change", args=[application.pk])
    client = signed_in(pam())
    missing = client.post(url, {"decision": "decline", "reason": " "})
    assert missing.status_code == 200
    assert "Write the reason" in missing.content.decode()
    assert client.post(url, {"decision": "decline", "reason": "Too far from our trade."}).status_code == 302
    application.refresh_from_db()
    assert (application.state, application.decided_by) == (ApplicationState.DECLINED, pam())
    assert "Too far from our trade." in Notice.objects.get(key__endswith="declined").body
    assert not Partner.objects.exists()


def test_only_program_managers_decide() -> None:
    application = verified()
    url = reverse("admin:affiliates_application_change", args=[application.pk])
    assert signed_in(fay()).post(url, {"decision": "approve", "reason": ""}).status_code == 403
    pam()
    before = all_rows()
    with pytest.raises(NotPermitted, match="may not approve and decline applications"):
        approve_application(application=application, by=fay(), at=AT)
    assert all_rows() == before


def test_an_unconfirmed_and_a_decided_application_cannot_be_decided() -> None:
    unconfirmed, decided = applied(), verified()
    decline_application(application=decided, reason="No", by=pam(), at=AT)
    before = all_rows()
    for application, words in ((unconfirmed, "not confirmed"), (decided, "declined already")):
        with pytest.raises(ApplicationRefused, match=words):
            approve_application(application=application, by=pam(), at=AT)
        with pytest.raises(ApplicationRefused, match=words):
            decline_application(application=application, reason="No", by=pam(), at=AT)
    assert all_rows() == before
    assert not Partner.objects.exists()


def test_somebody_who_is_here_already_may_own_a_second_partner() -> None:
    program()
    owner = owner_of("ada")
    partner = approve_application(application=verified(email=owner.email), by=pam(), at=AT)
    link = Notice.objects.get(kind="invitation").path
    client = signed_in(owner)
    assert client.post(link).status_code == 302
    assert set(Partner.objects.filter(memberships__user=owner)) == {partner, the_partner("ada")}
