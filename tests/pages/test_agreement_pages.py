"""The Agreement as a partner's people meet it: read, compare, accept, and the document of it."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, Role, User
from affiliates.models import Acceptance, AgreementVersion, Membership
from affiliates.models.agreement import ViolationState
from affiliates.models.partner import EndedBy, MemberRole
from affiliates.services.accept_agreement import AcceptanceRefused, accept_agreement, publish_version
from affiliates.services.end_partnership import end_partnership
from affiliates.services.open_violation import decide_violation, open_violation
from parts.formats import day as said_day
from tests.cast import AT, all_rows, day, owner_of, pam, program, the_partner

pytestmark = pytest.mark.django_db

FIRST = "Between us.\n\n1. Purpose. Partner refers.\n\n2. Fees. Paid after one month.\n\n3. Old. Gone soon."
SECOND = "Between us.\n\n1. Purpose. Partner refers.\n\n2. Fees. Paid after one calendar month.\n\n3. New. Be kind."
LATER = AT + timedelta(days=5)
TODAY = LATER.date()
PAGE = "/agreement/"
ACCEPT = "/agreement/accept/"


@pytest.fixture(autouse=True)
def _now() -> object:
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def versions() -> list[AgreementVersion]:
    program()
    first = publish_version(number="1.0", title="Terms of the program", text=FIRST, by=None, at=AT)
    return [first, publish_version(number="2.0", title="Terms of the program", text=SECOND, by=None, at=AT)]


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def ada() -> Client:
    return signed_in(owner_of("ada"))


def member_of_ada() -> User:
    user = User.objects.create_user("mia@people.example", name="Mia Member")
    Membership.objects.create(partner=the_partner("ada"), user=user, role=MemberRole.MEMBER)
    return user


def shown(client: Client, url: str = PAGE) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def form(shown: AgreementVersion, **changes: str) -> dict[str, str]:
    return {"version": str(shown.pk), "is_accepted": "on", "name": "Ada Lovelace"} | changes


class TestReading:
    def test_the_current_version_stands_there_by_its_clauses(self, versions: list[AgreementVersion]) -> None:
        page = shown(ada())
        assert "Terms of the program, version 2.0." in page
        for heading in ("<h3>1. Purpose</h3>", "<h3>2. Fees</h3>", "<h3>3. New</h3>"):
            assert heading in page
        assert '<a href="#clause-3">3. New</a>' in page
        assert "Gone soon" not in page

    def test_an_owner_is_asked_to_accept_and_has_the_form(self, versions: list[AgreementVersion]) -> None:
        page = shown(ada())
        assert "Not accepted" in page
        assert "Read it and accept it at the end of this page." in page
        assert "I have read version 2.0 and accept it for Ada Partners." in page

    def test_a_member_is_told_who_can(self, versions: list[AgreementVersion]) -> None:
        owner_of("ada")
        page = shown(signed_in(member_of_ada()))
        assert "An owner of Ada Partners accepts it: ask Owner.Of.Ada." in page
        assert ACCEPT not in page
        assert "End the partnership" not in page

    def test_without_a_version_it_says_what_comes(self) -> None:
        program()
        page = shown(ada())
        assert "The company has not published a version yet." in page
        assert ACCEPT not in page

    def test_all_versions_are_listed_with_who_accepted_them(self, versions: list[AgreementVersion]) -> None:
        page = shown(ada())
        for version in versions:
            assert reverse("agreement_version", args=[version.pk]) in page
        assert reverse("agreement_changes", args=[versions[1].pk]) in page
        assert reverse("agreement_changes", args=[versions[0].pk]) not in page

    def test_an_earlier_version_is_there_to_read_and_says_so(self, versions: list[AgreementVersion]) -> None:
        page = shown(ada(), reverse("agreement_version", args=[versions[0].pk]))
        assert "This is an earlier version." in page
        assert "Gone soon." in page
        assert versions[0].sha256 in page

    def test_its_queries_do_not_grow_with_the_versions(
        self, versions: list[AgreementVersion], django_assert_max_num_queries: object
    ) -> None:
        client = ada()
        for number in range(3, 30):
            publish_version(number=f"{number}.0", title="Terms", text=SECOND, by=None, at=AT)
        with django_assert_max_num_queries(22):  # type: ignore[operator]
            shown(client)

    def test_what_the_text_holds_is_text(self, versions: list[AgreementVersion]) -> None:
        publish_version(number="3.0", title="<b>T</b>", text="1. <script>x</script>", by=None, at=AT)
        page = shown(ada())
        assert "<script>x" not in page
        assert "&lt;script&gt;x" in page


class TestWhatChanged:
    def test_words_that_came_and_went_stand_in_their_clause(self, versions: list[AgreementVersion]) -> None:
        page = shown(ada(), reverse("agreement_changes", args=[versions[1].pk]))
        assert "3 clauses of 5 differ from version 1.0." in page
        assert '<ins><span class="visually-hidden"> new: </span>calendar <span' in page
        assert "<del>" in page
        assert "Clause gone" in page
        assert "New clause" in page

    def test_what_stayed_is_folded(self, versions: list[AgreementVersion]) -> None:
        page = shown(ada(), reverse("agreement_changes", args=[versions[1].pk]))
        assert '<details class="unchanged"><summary>1. Purpose</summary>' in page

    def test_the_first_version_changed_nothing(self, versions: list[AgreementVersion]) -> None:
        assert ada().get(reverse("agreement_changes", args=[versions[0].pk])).status_code == 404

    def test_any_earlier_version_can_be_chosen(self, versions: list[AgreementVersion]) -> None:
        third = publish_version(number="3.0", title="Terms", text=SECOND + "\n\n4. Added. Late.", by=None, at=AT)
        url = reverse("agreement_changes", args=[third.pk])
        assert "1 clause of 5 differs from version 2.0." in shown(ada(), url)
        page = shown(ada(), f"{url}?since={versions[0].pk}")
        assert "from version 1.0." in page
        assert f'<option value="{versions[0].pk}" selected>' in page

    @pytest.mark.parametrize("since", ["nothing", "0", "{itself}"])
    def test_only_an_earlier_version_can_be_chosen(self, versions: list[AgreementVersion], since: str) -> None:
        url = reverse("agreement_changes", args=[versions[1].pk])
        assert ada().get(url, {"since": since.format(itself=versions[1].pk)}).status_code == 404

    def test_a_new_version_is_compared_with_the_one_accepted_last(self, versions: list[AgreementVersion]) -> None:
        owner = owner_of("ada")
        accept_agreement(partner=the_partner("ada"), version=versions[1], name="Ada", by=owner, at=AT, address=None)
        publish_version(number="3.0", title="Terms", text=SECOND, by=None, at=AT)
        fourth = publish_version(number="4.0", title="Terms", text=FIRST, by=None, at=AT)
        url = reverse("agreement_changes", args=[fourth.pk])
        assert f'href="{url}?since={versions[1].pk}"' in shown(signed_in(owner))

    def test_the_same_words_under_another_number_are_said_to_be_the_same(
        self, versions: list[AgreementVersion]
    ) -> None:
        third = publish_version(number="2.1", title="Terms", text=SECOND, by=None, at=AT)
        assert "No word changed" in shown(ada(), reverse("agreement_changes", args=[third.pk]))

    @pytest.mark.parametrize("name", ["agreement_version", "agreement_changes", "acceptance_pdf"])
    def test_what_is_not_there_is_not_found(self, versions: list[AgreementVersion], name: str) -> None:
        assert ada().get(reverse(name, args=[10**6])).status_code == 404


class TestAccepting:
    def test_a_named_owner_accepts_with_the_box_and_the_name(self, versions: list[AgreementVersion]) -> None:
        client = ada()
        response = client.post(ACCEPT, form(versions[1], name="  Ada Lovelace "), REMOTE_ADDR="192.0.2.7")
        assert response.headers["Location"] == PAGE
        row = Acceptance.objects.get()
        assert (row.partner, row.version, row.user) == (the_partner("ada"), versions[1], owner_of("ada"))
        assert (row.name, row.address, row.at) == ("Ada Lovelace", "192.0.2.7", LATER)
        assert (row.partner_name, row.email) == ("Ada Partners", "owner.of.ada@people.example")
        assert AuditEntry.objects.filter(action="agreement accepted").count() == 1
        page = shown(client)
        assert "Ada Lovelace" in page
        assert "which is the date of execution" in page
        assert 'id="accept"' not in page

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"name": "   "}, "Type your full name: it is the signature."),
            ({"is_accepted": ""}, "Tick the box to say that you have read and accept this version."),
            ({"name": "x" * 201}, "room for 200 characters"),
        ],
    )
    def test_what_is_missing_stands_beside_its_field(
        self, versions: list[AgreementVersion], changes: dict[str, str], said: str
    ) -> None:
        client = ada()
        before = all_rows()
        response = client.post(ACCEPT, form(versions[1], **changes))
        assert response.status_code == 200
        assert response.content.decode().count(said) == 2  # On top, and beside the field.
        assert all_rows() == before

    def test_pressed_twice_it_is_accepted_once(self, versions: list[AgreementVersion]) -> None:
        client = ada()
        for _ in range(2):
            assert client.post(ACCEPT, form(versions[1])).status_code == 302
        assert Acceptance.objects.count() == 1
        assert "Version 2.0 is accepted: Ada Lovelace did it on" in shown(client)

    def test_another_owner_who_was_faster_is_named(self, versions: list[AgreementVersion]) -> None:
        other = User.objects.create_user("oz@people.example", name="Oz")
        Membership.objects.create(partner=the_partner("ada"), user=other, role=MemberRole.OWNER)
        signed_in(other).post(ACCEPT, form(versions[1], name="Oz Other"))
        client = ada()
        client.post(ACCEPT, form(versions[1]))
        assert "Version 2.0 is accepted: Oz Other did it on" in shown(client)
        assert Acceptance.objects.get().user == other

    def test_a_version_that_came_in_between_is_not_accepted_unread(self, versions: list[AgreementVersion]) -> None:
        client = ada()
        publish_version(number="3.0", title="Terms", text=SECOND, by=None, at=AT)
        client.post(ACCEPT, form(versions[1]))
        assert not Acceptance.objects.exists()
        assert "Version 2.0 is no longer the current one; read and accept the new version" in shown(client)

    @pytest.mark.parametrize("named", ["", "x", "1000000"])
    def test_a_version_that_there_is_not_is_refused(self, versions: list[AgreementVersion], named: str) -> None:
        client = ada()
        before = all_rows()
        assert client.post(ACCEPT, form(versions[1], version=named)).status_code == 200
        assert all_rows() == before

    def test_a_member_who_is_no_owner_cannot(self, versions: list[AgreementVersion]) -> None:
        mia = member_of_ada()
        client = signed_in(mia)
        before = all_rows()
        assert client.post(ACCEPT, form(versions[1])).status_code == 403
        assert all_rows() == before
        with pytest.raises(AcceptanceRefused, match="is not an owner"):
            accept_agreement(partner=the_partner("ada"), version=versions[1], name="Mia", by=mia, at=LATER)

    def test_after_the_end_what_a_payout_waits_for_can_still_be_accepted(
        self, versions: list[AgreementVersion]
    ) -> None:
        program_end("ada", on="2026-12-20")
        client = ada()
        assert "Where a payout still waits for it" in shown(client)
        assert client.post(ACCEPT, form(versions[1])).status_code == 302
        assert Acceptance.objects.get().version == versions[1]
        assert 'id="accept"' not in shown(client)

    def test_whoever_comes_by_its_address_is_led_to_the_form(self, versions: list[AgreementVersion]) -> None:
        assert ada().get(ACCEPT).headers["Location"] == PAGE

    def test_a_visitor_cannot_choose_its_own_address(self, versions: list[AgreementVersion]) -> None:
        ada().post(ACCEPT, form(versions[1]), REMOTE_ADDR="192.0.2.7", HTTP_X_FORWARDED_FOR="203.0.113.9")
        assert Acceptance.objects.get().address == "192.0.2.7"

    def test_behind_a_proxy_it_is_the_address_that_the_proxy_saw(
        self, versions: list[AgreementVersion], settings: object
    ) -> None:
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1  # type: ignore[attr-defined]
        ada().post(ACCEPT, form(versions[1]), REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="1.1.1.1, 203.0.113.9")
        assert Acceptance.objects.get().address == "203.0.113.9"

    def test_a_connection_without_an_address_is_accepted_without(self, versions: list[AgreementVersion]) -> None:
        ada().post(ACCEPT, form(versions[1]), REMOTE_ADDR="")
        assert Acceptance.objects.get().address is None


class TestTheDocument:
    def test_the_partners_people_take_it_along(self, versions: list[AgreementVersion]) -> None:
        client = ada()
        client.post(ACCEPT, form(versions[1]))
        url = reverse("acceptance_pdf", args=[Acceptance.objects.get().pk])
        assert url in shown(client)
        response = signed_in(member_of_ada()).get(url)
        assert response.content.startswith(b"%PDF")
        assert response.headers["Content-Type"] == "application/pdf"
        assert response.headers["Content-Disposition"] == 'attachment; filename="acceptance-2.0-ada.pdf"'
        assert response.headers["Cache-Control"] == "private, no-store"

    @pytest.mark.parametrize("method", ["get", "head", "post", "put", "patch", "delete"])
    def test_it_is_its_partners_alone(self, versions: list[AgreementVersion], method: str) -> None:
        ada().post(ACCEPT, form(versions[1]))
        url = reverse("acceptance_pdf", args=[Acceptance.objects.get().pk])
        response = getattr(signed_in(owner_of("ben")), method)(url)
        assert response.status_code == (404 if method in ("get", "head") else 405)
        assert "Ada" not in response.content.decode()


class TestNotices:
    def test_an_open_violation_names_its_clause_and_the_days_left(self, versions: list[AgreementVersion]) -> None:
        noticed = TODAY - timedelta(days=5)
        open_violation(
            partner=the_partner("ada"), clause="2", evidence="A false price", notice_on=noticed, by=pam(), at=AT
        )
        page = shown(ada())
        assert 'Notice of a breach: <a href="#clause-2">clause 2. Fees</a>' in page
        assert "A false price" in page
        assert "10 days left" in page
        assert "Payouts wait until the company finds it cured" in page

    @pytest.mark.parametrize(("ago", "said"), [(14, "1 day left"), (15, "Last day"), (17, "2 days overdue")])
    def test_the_deadline_comes_and_goes(self, versions: list[AgreementVersion], ago: int, said: str) -> None:
        open_violation(
            partner=the_partner("ada"), clause="99", evidence="…", notice_on=TODAY - timedelta(days=ago), by=None, at=AT
        )
        page = shown(ada())
        assert said in page
        assert "Notice of a breach: clause 99" in page

    def test_a_cured_one_stands_among_the_earlier_ones(self, versions: list[AgreementVersion]) -> None:
        client = ada()
        assert "Earlier notices of a breach" not in shown(client)
        noticed = TODAY - timedelta(days=3)
        violation = open_violation(
            partner=the_partner("ada"), clause="2", evidence="…", notice_on=noticed, by=None, at=AT
        )
        assert "Earlier notices of a breach" not in shown(client)
        decide_violation(violation=violation, to=ViolationState.CURED, on=TODAY, by=pam(), at=AT)
        page = re.sub("<[^>]+>", " ", shown(client))
        assert "Notice of a breach:" not in page
        earlier = " ".join(page.partition("Earlier notices of a breach")[2].split())
        assert f"Clause 2. Fees {said_day(noticed)} Cured on {said_day(TODAY)}" in earlier

    def test_the_earlier_ones_of_another_partner_are_never_shown(self, versions: list[AgreementVersion]) -> None:
        violation = open_violation(
            partner=the_partner("ben"), clause="2", evidence="…", notice_on=TODAY, by=None, at=AT
        )
        decide_violation(violation=violation, to=ViolationState.CURED, on=TODAY, by=pam(), at=AT)
        assert "Earlier notices of a breach" not in shown(ada())

    def test_another_partners_is_never_shown(self, versions: list[AgreementVersion]) -> None:
        open_violation(partner=the_partner("ben"), clause="2", evidence="Zebra", notice_on=TODAY, by=None, at=AT)
        assert "Zebra" not in shown(ada())

    def test_the_end_has_its_date_and_that_of_the_no_soliciting(self, versions: list[AgreementVersion]) -> None:
        program_end("ada", on="2027-02-28")
        page = shown(ada())
        assert "The company, on 1 January 2027" in page
        assert "28 February 2027" in page
        assert "28 February 2028" in page
        assert "See what ending means" not in page


def program_end(key: str, *, on: str) -> None:
    effective_on = day(on)
    end_partnership(
        partner=the_partner(key),
        given_by=EndedBy.COMPANY,
        given_on=min(AT.date(), effective_on - timedelta(days=3)),
        effective_on=effective_on,
        reason="Breach",
        by=pam(),
        at=AT,
    )


class TestPublishing:
    def test_the_program_manager_publishes_a_version_in_the_admin(self, versions: list[AgreementVersion]) -> None:
        manager = User.objects.create_user("pat@people.example", name="Pat", is_staff=True)
        manager.groups.set(Group.objects.filter(name=Role.PROGRAM_MANAGER))
        client, url = signed_in(manager), reverse("admin:affiliates_agreementversion_add")
        assert client.get(url).status_code == 200
        twice = client.post(url, {"number": "2.0", "title": "Terms", "text": SECOND})
        assert "already exists" in twice.content.decode()
        assert client.post(url, {"number": "3.0", "title": "Terms", "text": SECOND}).status_code == 302
        newest = AgreementVersion.current()
        assert newest is not None
        assert (newest.number, newest.published_at) == ("3.0", LATER)
        assert AuditEntry.objects.filter(action="agreement published", by=manager).count() == 1
        assert "version 3.0." in shown(ada())
