"""On a machine for development, what was sent can be looked at, and nothing in it can run."""

from pathlib import Path

import pytest
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from pytest_django.fixtures import Settings

from affiliates.services.tell_partner import tell_partner
from notices.models import Notice, NoticeKind
from tests.cast import AT, program, the_partner
from tests.notices.readers import send

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.notices.dev_urls")]


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    return tmp_path / "mail"


def written() -> str:
    """The address of the one e-mail's page."""
    (name,) = [path.stem for path in Path(_folder()).iterdir()]
    return f"/dev/mail/{name}/0/"


def _folder() -> str:
    from django.conf import settings

    return str(settings.EMAIL_FILE_PATH)


def a_mail(html: str = "<p style='color:red'>Oak <script>alert(1)</script></p>") -> None:
    mail = EmailMultiAlternatives("Oak is “won”", "Oak\n" + "-" * 40 + "\nhttps://x.example/", to=["a@x.example"])
    mail.attach_alternative(html, "text/html")
    mail.send()


def test_without_mail_the_page_says_how_it_comes() -> None:
    assert "No mail yet" in Client().get("/dev/mail/").content.decode()


def test_what_the_sweep_sends_is_listed_and_can_be_read() -> None:
    program()
    tell_partner(
        partner=the_partner("ada"), kind=NoticeKind.LEAD_MOVED, key="k", subject="Oak is won", paragraphs=["It is."],
        path="/leads/1/", at=AT,
    )  # fmt: skip
    assert send(Notice.objects.get())
    assert "Oak is won" in Client().get("/dev/mail/").content.decode()
    shown = Client().get(written()).content.decode()
    assert "ada@partners.example" in shown
    assert "It is." in shown
    assert "It is." in Client().get(f"{written()}html/").content.decode()


def test_several_in_a_file_are_apart() -> None:
    from django.core.mail import get_connection

    mails = [EmailMultiAlternatives(f"Mail {number}", "Text", to=["a@x.example"]) for number in range(3)]
    get_connection().send_messages(mails)
    shown = Client().get("/dev/mail/").content.decode()
    assert [subject for subject in ("Mail 0", "Mail 1", "Mail 2", "Mail 3") if subject in shown] == [
        "Mail 0", "Mail 1", "Mail 2",
    ]  # fmt: skip
    assert "Mail 2" in Client().get(written().replace("/0/", "/2/")).content.decode()


def test_the_preview_runs_nothing_and_fetches_nothing() -> None:
    a_mail()
    answer = Client().get(f"{written()}html/")
    policy = answer["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert "allow-scripts" not in policy
    assert "sandbox src=" in Client().get(written()).content.decode()


@pytest.mark.parametrize("name", ["..", "../settings", "x", "20260101-000000-1"])
def test_only_what_lies_in_the_folder_can_be_read(name: str) -> None:
    a_mail()
    assert Client().get(f"/dev/mail/{name}/0/").status_code == 404


def test_there_is_no_further_mail_in_a_file() -> None:
    a_mail()
    assert Client().get(written().replace("/0/", "/1/")).status_code == 404
