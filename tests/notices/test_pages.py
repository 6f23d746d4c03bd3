"""The pages about notices: what was sent, what a person wants, and turning it off from the e-mail."""

import re

import pytest
from django.core.signing import Signer
from django.test import Client
from django.urls import NoReverseMatch, reverse
from pytest_django.fixtures import Settings

from accounts.models import User
from accounts.row_security import rows_of
from affiliates.services.tell_partner import Message, tell_partner, tell_partners
from notices.models import MAY_BE_OFF, Notice, NoticeKind, NoticePreference, Pace
from notices.models.notice import TRIES
from notices.services.render_notice import SALT, off_url
from notices.services.tell_person import tell_person
from tests.cast import AT, owner_of, partner, program, record, the_partner
from tests.notices.readers import OTHER, OWNER, mia, wants

pytestmark = pytest.mark.django_db
MOVED = NoticeKind.LEAD_MOVED
METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
CHOICE = {kind.value: Pace.AT_ONCE.value for kind in MAY_BE_OFF}


@pytest.fixture(autouse=True)
def two_partners() -> None:
    program()
    owner_of("ada"), owner_of("ben")


def tell(subject: str, *, of: str = "ada", kind: NoticeKind = MOVED, path: str = "/leads/1/") -> Notice:
    tell_partner(
        partner=the_partner(of), kind=kind, key=f"{of}:{subject}", subject=subject, paragraphs=["First.", "Second."],
        path=path, at=AT,
    )  # fmt: skip
    return Notice.objects.filter(person=owner_of(of)).order_by("-id")[0]


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


# -- What was sent ----------------------------------------------------------------------------------------


def test_with_nothing_sent_the_list_says_so() -> None:
    assert "Nothing was sent yet" in page(signed_in(owner_of("ada")), reverse("notices"))


def test_the_list_says_what_was_sent_to_whom_and_whether_it_was() -> None:
    mia()
    states: dict[str, dict[str, object]] = {"Oak": {"sent_at": AT}, "Elm": {"tries": TRIES}, "Ash": {"tries": 1}}
    states |= {"Fir": {}, "Yew": {"is_daily": True}}
    for subject, values in states.items():
        tell(subject)
        if values:
            Notice.objects.filter(subject=subject).update(**values)
    shown = page(signed_in(owner_of("ada")), reverse("notices"))
    for said in (*states, "Sent", "Failed", "Trying again", "To be sent", "In the day’s e-mail", "Mia Member", OWNER):
        assert said in shown
    assert "1 Jan 2027" in shown
    assert "04:00" in shown  # Noon in UTC, where the program is.


@pytest.mark.parametrize(
    ("query", "found"),
    [("subject=oak", {"Oak"}), ("kind=chargeback", {"Elm"}), ("standing=sent", {"Oak"}), ("standing=waiting", {"Elm"})],
)
def test_the_list_can_be_searched(query: str, found: set[str]) -> None:
    tell("Oak")
    Notice.objects.update(sent_at=AT)
    tell("Elm", kind=NoticeKind.CHARGEBACK)
    shown = page(signed_in(owner_of("ada")), f"{reverse('notices')}?{query}")
    assert {subject for subject in ("Oak", "Elm") if f">{subject}</a>" in shown} == found


def test_a_notice_shows_what_it_said() -> None:
    shown = page(signed_in(mia()), reverse("notice", args=[tell("Oak is won").pk]))
    for said in ("Oak is won", "First.", "Second.", 'href="/leads/1/"', "Open the lead", OWNER, "To be sent"):
        assert said in shown


def test_a_link_that_is_for_its_reader_alone_is_not_shown_to_the_others() -> None:
    notice = tell("Confirm the account", kind=NoticeKind.SECURITY, path="/settings/payout/confirm/secret/")
    assert "secret" not in page(signed_in(mia()), reverse("notice", args=[notice.pk]))


def test_invitations_and_the_days_mails_are_not_listed() -> None:
    ada = the_partner("ada")
    for kind in (NoticeKind.INVITATION, NoticeKind.DIGEST):
        tell_person(
            recipient="new@x.example", kind=kind, key=kind.value, subject="Secret", paragraphs=["Key"], at=AT,
            partner_id=ada.pk,
        )  # fmt: skip
    client = signed_in(owner_of("ada"))
    assert "Secret" not in page(client, reverse("notices"))
    for notice in Notice.objects.all():
        assert client.get(reverse("notice", args=[notice.pk])).status_code == 404
    with rows_of(ada.pk):
        assert not Notice.objects.filter(kind=NoticeKind.INVITATION).exists()


def test_the_others_notices_are_not_there_for_any_method() -> None:
    theirs = tell("Bens secret", of="ben")
    client = signed_in(owner_of("ada"))
    assert "Bens secret" not in page(client, reverse("notices"))
    for method in METHODS:
        answer = getattr(client, method)(reverse("notice", args=[theirs.pk]))
        assert answer.status_code in (404, 405), method
    assert client.get(reverse("notice", args=[theirs.pk])).status_code == 404
    with rows_of(the_partner("ada").pk):
        assert not Notice.objects.filter(pk=theirs.pk).exists()


def test_the_list_asks_as_much_of_the_database_for_thirty_as_for_one(django_assert_num_queries: object) -> None:
    client, url, ada = signed_in(owner_of("ada")), reverse("notices"), the_partner("ada")
    tell("Oak")
    client.get(url)
    with django_assert_num_queries(10, exact=False) as few:  # type: ignore[operator]
        client.get(url)
    messages = [Message(ada.pk, f"m{number}", f"Oak {number}", ["Text"]) for number in range(40)]
    tell_partners(kind=MOVED, messages=messages, at=AT)
    with django_assert_num_queries(len(few)):  # type: ignore[operator]
        client.get(url)


def test_a_visitor_is_asked_to_sign_in() -> None:
    for url in (reverse("notices"), reverse("notice", args=[tell("Oak").pk]), reverse("notification_settings")):
        assert Client().get(url).status_code == 302


# -- What a person wants ----------------------------------------------------------------------------------


def test_a_person_chooses_for_themselves_alone() -> None:
    mia()
    answer = signed_in(owner_of("ada")).post(reverse("notification_settings"), CHOICE | {MOVED: "daily"})
    assert answer.status_code == 302
    chosen = NoticePreference.objects.exclude(pace=Pace.AT_ONCE)
    assert [(each.person.email, each.partner_id, each.kind, each.pace) for each in chosen] == [
        (OWNER, the_partner("ada").pk, MOVED, Pace.DAILY)
    ]
    shown = page(signed_in(owner_of("ada")), reverse("notification_settings"))
    assert re.search(r'<input[^>]*name="lead_moved"[^>]*value="daily"[^>]*checked', shown)


def test_it_says_who_else_is_told() -> None:
    wants(mia(), MOVED, Pace.DAILY)
    wants(mia(), NoticeKind.PAYOUT_PAID, Pace.OFF)
    shown = page(signed_in(owner_of("ada")), reverse("notification_settings"))
    assert "Also told: Mia Member (once a day)" in shown
    assert "Nobody else is told" in shown
    assert OTHER not in shown


@pytest.mark.parametrize("changes", [{MOVED: "never"}, {MOVED: ""}])
def test_nonsense_is_refused_and_nothing_is_saved(changes: dict[str, str]) -> None:
    answer = signed_in(owner_of("ada")).post(reverse("notification_settings"), CHOICE | changes)
    assert answer.status_code == 422
    assert not NoticePreference.objects.exists()


def test_what_must_be_told_cannot_be_chosen() -> None:
    client = signed_in(owner_of("ada"))
    assert 'name="chargeback"' not in page(client, reverse("notification_settings"))
    client.post(reverse("notification_settings"), CHOICE | {"chargeback": "off"})
    assert not NoticePreference.objects.filter(kind="chargeback").exists()


def test_after_the_end_of_the_partnership_it_can_still_be_turned_off() -> None:
    record(partner("ada", ended="2026-03-31", ended_by="partner"))
    signed_in(owner_of("ada")).post(reverse("notification_settings"), CHOICE | {MOVED: "off"})
    assert NoticePreference.objects.get(kind=MOVED).pace == Pace.OFF


# -- Turning it off from the e-mail -----------------------------------------------------------------------


@pytest.fixture
def off(settings: Settings) -> str:
    """The address in an e-mail to Ada's owner."""
    settings.PUBLIC_URL = ""
    return off_url(tell("Oak is won"))


def paces() -> list[tuple[str, str, str]]:
    return list(NoticePreference.objects.values_list("person__email", "kind", "pace"))


def test_looking_at_the_page_turns_nothing_off(off: str) -> None:
    shown = page(Client(), off)
    assert "Turn off" in shown
    assert "A lead moved" in shown
    assert paces() == []


def test_the_button_turns_it_off_without_signing_in(off: str) -> None:
    answer = Client().post(off)
    assert "Turned off" in answer.content.decode()
    assert paces() == [(OWNER, MOVED, Pace.OFF)]


def test_one_click_needs_no_token_of_a_form(off: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post(off, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200
    assert paces() == [(OWNER, MOVED, Pace.OFF)]
    assert strict.post(off).status_code == 200  # Again is no mistake.


def test_an_address_that_we_did_not_sign_turns_nothing_off(off: str) -> None:
    number = str(Notice.objects.get().pk)
    for token in (number, f"{number}:x", Signer(salt="other").sign(number), Signer(salt=SALT).sign("x"), "a:b"):
        for method in ("get", "post"):
            assert getattr(Client(), method)(reverse("notice_off", args=[token])).status_code == 410
    assert paces() == []


def test_what_must_be_told_cannot_be_turned_off_with_a_signed_address() -> None:
    notice = tell("A chargeback", kind=NoticeKind.CHARGEBACK)
    signed = Signer(salt=SALT).sign(str(notice.pk))
    assert Client().post(reverse("notice_off", args=[signed])).status_code == 410
    assert paces() == []


def test_mail_is_shown_nowhere_but_on_a_machine_for_development() -> None:
    for name in ("written_mails", "written_mail", "written_html"):
        with pytest.raises(NoReverseMatch):
            reverse(name, args=["x", 0] if name != "written_mails" else [])
    assert Client().get("/dev/mail/").status_code == 404
