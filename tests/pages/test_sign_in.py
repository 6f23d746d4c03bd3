"""Signing in: by password, by a code, with a second step; what is limited, what is said, what may run."""

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core import mail
from django.core.mail import EmailMessage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.adapter import SecretUnreadable
from accounts.models import User
from accounts.templatetags.browsers import browser
from affiliates import tasks
from affiliates.services.letterhead import letterhead
from notices.models import Notice
from notices.services.send_notice import send_notice
from tests.cast import owner_of, program

pytestmark = pytest.mark.django_db

PASSWORD = "four words in a row"
LOGIN = "/accounts/login/"
CODE = "/accounts/login/code/"
CONFIRM = "/accounts/login/code/confirm/"


def olga() -> User:
    found = User.objects.filter(email="olga@people.example").first()
    return found or User.objects.create_user("olga@people.example", PASSWORD, name="Olga")


def by_password(client: Client, password: str = PASSWORD) -> Any:
    return client.post(LOGIN, {"login": olga().email, "password": password})


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def second_step(user: User) -> str:
    secret: str = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


def mailed() -> str:
    """The code in the e-mail that was written last."""
    return Notice.objects.exclude(code="").latest("pk").code


def swept() -> list[EmailMessage]:
    """This function will send what is written, as a worker does."""
    for notice in Notice.objects.due(at=timezone.now()):
        assert send_notice(notice_id=notice.pk, letterhead=letterhead(), at=timezone.now())
    return mail.outbox


def code_of(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time())))))


def test_a_code_by_e_mail_signs_in_without_a_password() -> None:
    client = Client()
    assert client.post(CODE, {"email": olga().email}).headers["Location"] == CONFIRM
    (written,) = Notice.objects.all()
    assert written.recipient == olga().email
    assert "Write the code" in client.get(CONFIRM).content.decode()
    assert client.post(CONFIRM, {"code": "WRONG1"}).status_code == 200
    assert not is_in(client)
    assert client.post(CONFIRM, {"code": mailed()}).headers["Location"] == "/"
    assert is_in(client)


@pytest.mark.parametrize("page", [CODE, "/accounts/password/reset/"])
def test_who_asks_for_mail_does_not_learn_who_is_here(page: str) -> None:
    answers = []
    for email in (olga().email, "nobody@people.example"):
        client = Client()
        first = client.post(page, {"email": email})
        shown = client.get(first.headers["Location"]).content.decode().partition("<main")[2].replace(email, "…")
        answers.append((first.status_code, first.headers["Location"], re.sub(r'value="[^"]*"', "", shown)))
    assert answers[0] == answers[1]
    assert [notice.recipient for notice in Notice.objects.all()] == [olga().email]


@pytest.mark.parametrize("page", [CODE, "/accounts/password/reset/"])
def test_nothing_is_sent_while_somebody_waits_and_as_much_is_done_for_nobody(
    page: str, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept_at_once: list[str] = []
    monkeypatch.setattr(tasks.sweep_notices, "delay", lambda: swept_at_once.append(page))
    asked: list[list[str]] = []
    for email in (olga().email, "nobody@people.example"):
        with CaptureQueriesContext(connection) as queries, django_capture_on_commit_callbacks(execute=True):
            Client().post(page, {"email": email})
        asked.append([query["sql"].split()[0] for query in queries if "notices_notice" in query["sql"]])
    assert asked == [["INSERT"], ["INSERT"]]
    assert swept_at_once == [page, page]
    assert mail.outbox == []


def test_a_broker_that_does_not_answer_loses_nothing(
    django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost() -> None:
        raise OSError("The broker is gone")

    monkeypatch.setattr(tasks.sweep_notices, "delay", lost)
    with django_capture_on_commit_callbacks(execute=True):
        assert Client().post(CODE, {"email": olga().email}).status_code == 302
    assert len(swept()) == 1


def test_a_code_and_a_link_to_a_new_password_reach_their_reader_and_do_not_stay() -> None:
    client = Client()
    client.post(CODE, {"email": olga().email})
    code = mailed()
    (sent,) = swept()
    assert code in str(sent.body)
    client.post("/accounts/password/reset/", {"email": olga().email})
    link = Notice.objects.latest("pk").path
    assert link.startswith("/accounts/password/reset/key/")
    assert f"{settings.PUBLIC_URL}{link}" in str(swept()[-1].body)
    assert not {code, link} & {word for notice in Notice.objects.values_list() for word in map(str, notice)}
    assert code not in str(list(Notice.objects.values()))
    opened = client.get(link, follow=True)
    assert 'name="password1"' in opened.content.decode()


def test_whoever_has_the_password_changed_hears_of_it() -> None:
    client = sure(olga())
    changed = {"oldpassword": PASSWORD, "password1": f"{PASSWORD} more", "password2": f"{PASSWORD} more"}
    assert client.post(reverse("account_change_password"), changed).status_code == 302
    notice = Notice.objects.get()
    assert (notice.recipient, notice.kind, notice.has_key) == (olga().email, "security", False)
    assert "If it was not you" in notice.body


def test_a_new_address_is_confirmed_with_a_link() -> None:
    client = sure(olga())
    client.post(reverse("account_email"), {"email": "new@people.example", "action_add": ""})
    notice = Notice.objects.get(recipient="new@people.example")
    assert notice.has_key
    assert "Confirm it with the link" in notice.body
    assert "Confirm" in client.get(notice.path).content.decode()


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer() -> None:
    known = by_password(Client(), "not this one").content.decode()
    unknown = Client().post(LOGIN, {"login": "nobody@people.example", "password": "not this one"}).content.decode()
    alerts = [re.findall(r'class="alert[^>]*>([^<]*)<', page) for page in (known, unknown)]
    assert alerts[0] == alerts[1] != []


def test_guessing_a_password_is_stopped_also_for_the_right_one() -> None:
    for _ in range(5):
        by_password(Client(), "not this one")
    client = Client()
    assert "Too many" in by_password(client).content.decode()
    assert not is_in(client)


def test_an_authenticator_app_is_asked_after_the_password() -> None:
    secret, client = second_step(olga()), Client()
    assert by_password(client).headers["Location"] == "/accounts/2fa/authenticate/"
    assert not is_in(client)
    assert "The second step" in client.get("/accounts/2fa/authenticate/").content.decode()
    client.post("/accounts/2fa/authenticate/", {"code": "000000" if code_of(secret) != "000000" else "111111"})
    assert not is_in(client)
    assert client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)}).headers["Location"] == "/"
    assert is_in(client)


def test_a_code_by_e_mail_does_not_go_around_the_second_step() -> None:
    second_step(olga())
    client = Client()
    client.post(CODE, {"email": olga().email})
    assert client.post(CONFIRM, {"code": mailed()}).headers["Location"] == "/accounts/2fa/authenticate/"
    assert not is_in(client)


def test_other_sessions_are_listed_and_ended() -> None:
    here, there = Client(), Client(headers={"user-agent": "Mozilla/5.0 (Windows NT 10.0) Firefox/130.0"})
    by_password(here)
    by_password(there)
    assert there.get("/accounts/sessions/").status_code == 200
    shown = here.get("/accounts/sessions/").content.decode()
    assert "Firefox on Windows" in shown
    assert here.post("/accounts/sessions/").status_code == 302
    assert UserSession.objects.filter(user=olga()).count() == 1
    assert here.get("/accounts/sessions/").status_code == 200
    assert there.get("/accounts/sessions/").headers["Location"].startswith(LOGIN)


def sure(user: User) -> Client:
    user.set_password(PASSWORD)
    user.save()
    client = Client()
    client.force_login(user)
    client.post("/accounts/reauthenticate/?next=/", {"password": PASSWORD})
    return client


MANAGED = (
    "account_email", "account_change_password", "account_reauthenticate", "mfa_index", "mfa_activate_totp",
    "mfa_list_webauthn", "mfa_add_webauthn", "usersessions_list", "account_logout", "security_settings",
)  # fmt: skip
OUTSIDE = (
    "account_login", "account_request_login_code", "account_reset_password", "account_reset_password_done",
    "account_reset_password_from_key_done", "account_signup", "account_inactive",
    "account_email_verification_sent",
)  # fmt: skip


@pytest.mark.parametrize("name", MANAGED + OUTSIDE)
def test_every_page_is_in_the_portals_dress_and_runs_nothing_inline(name: str) -> None:
    program()
    client = sure(owner_of("ada")) if name in MANAGED else Client()
    answer = client.get(reverse(name))
    assert answer.status_code == 200, answer.headers
    shown = answer.content.decode()
    assert "css/portal.css" in shown
    assert shown.count("<h1") == 1
    scripts = re.findall(r"<script([^>]*)>", shown)
    assert [each for each in scripts if "src=" not in each and "application/json" not in each] == []
    assert not re.search(r"\son[a-z]+=|\sstyle=|javascript:", shown)


def test_the_pages_of_the_second_step_open_once_it_is_on() -> None:
    program()
    client = sure(owner_of("ada"))
    second_step(owner_of("ada"))
    assert client.get(reverse("mfa_generate_recovery_codes")).status_code == 200
    assert client.post(reverse("mfa_generate_recovery_codes")).status_code == 302
    for name in (
        "mfa_view_recovery_codes",
        "mfa_download_recovery_codes",
        "mfa_deactivate_totp",
        "mfa_index",
        "mfa_reauthenticate",
    ):
        assert client.get(reverse(name)).status_code == 200, name
    assert "10 of 10 are left" in client.get(reverse("mfa_view_recovery_codes")).content.decode()
    assert client.post(reverse("mfa_deactivate_totp")).status_code == 302
    assert "Set it up" in client.get(reverse("mfa_index")).content.decode()


def test_the_key_of_an_authenticator_app_is_kept_sealed() -> None:
    secret = second_step(olga())
    row = Authenticator.objects.get(user=olga())
    assert secret not in str(row.data)
    assert row.wrap().validate_code(code_of(secret))
    row.data["secret"] = secret
    with pytest.raises(SecretUnreadable):
        row.wrap().validate_code(code_of(secret))


def test_a_passkey_can_be_asked_for_without_an_address() -> None:
    options = Client().get(reverse("mfa_login_webauthn"), headers={"accept": "application/json"}).json()
    assert options["request_options"]["publicKey"]["challenge"]


def test_cookies_stay_where_they_belong() -> None:
    client = Client()
    by_password(client)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605 Version/17 Safari/605.1", "Safari on Mac"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/126.0 Safari/537.36 Edg/126.0", "Edge on Windows"),
        ("curl/8.0", "curl/8.0"),
        ("", "An unknown browser"),
    ],
)
def test_a_browser_is_named_in_words(agent: str, said: str) -> None:
    assert browser(agent) == said
