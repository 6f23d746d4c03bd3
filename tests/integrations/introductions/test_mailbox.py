"""The mailbox is looked into each minute: each message is taken once, and none stands in another's way."""

from datetime import datetime, timedelta

import pytest
from pytest_django.fixtures import Settings

from integrations.introductions.letter import MOST_HEADER_BYTES
from integrations.introductions.models import LARGEST, Mailbox, Message
from integrations.introductions.services.poll_mailbox import Where, poll_mailbox
from integrations.introductions.standing import standing
from tests.cast import AT
from tests.integrations.introductions.imap_server import PASSWORD, imap_server
from tests.integrations.introductions.writing import told, written

pytestmark = pytest.mark.django_db


def look(at: datetime = AT) -> int:
    return poll_mailbox(clock=lambda: at)


def test_what_is_new_is_taken_once(settings: Settings) -> None:
    told()
    with imap_server(written(), written()) as box:
        settings.INTRODUCTIONS_IMAP_URL = box.url
        assert [look(), look()] == [2, 0]
        box.messages[5] = written()
        assert [look(), look()] == [1, 0]
    assert Message.objects.count() == 3
    assert Mailbox.objects.get().uid == 5
    assert [command.split()[0] for command in box.commands][:3] == ["CAPABILITY", "LOGIN", "EXAMINE"]
    assert not any(command.startswith(("SELECT", "STORE", "UID STORE")) for command in box.commands)


def test_a_folder_that_counts_anew_brings_nothing_twice(settings: Settings) -> None:
    told()
    with imap_server(written(), written()) as box:
        settings.INTRODUCTIONS_IMAP_URL = box.url
        look()
        box.validity = 8
        box.messages[1], box.messages[2], box.messages[3] = box.messages[2], box.messages[1], written()
        look()
    assert Message.objects.count() == 3
    assert (Mailbox.objects.get().validity, Mailbox.objects.get().uid) == (8, 3)


def test_a_message_that_the_server_does_not_give_is_noted_and_passed_by(settings: Settings) -> None:
    told()
    with imap_server(written(), written(), b"", written()) as box:
        settings.INTRODUCTIONS_IMAP_URL = box.url
        box.broken.add(2)
        assert [look(), look()] == [2, 0]
    (skipped,) = Mailbox.objects.get().skipped
    assert skipped.startswith("UID 2: ")


def test_of_one_that_is_too_large_the_headers_are_fetched(settings: Settings) -> None:
    told()
    with imap_server(written(text="x" * LARGEST), written()) as box:
        settings.INTRODUCTIONS_IMAP_URL = box.url
        assert look() == 2
    large, small = Message.objects.order_by("pk")
    assert (large.is_whole, large.size > LARGEST, small.is_whole) == (False, True, True)
    assert f"UID FETCH 1 (BODY.PEEK[]<0.{MOST_HEADER_BYTES}>)" in box.commands


def test_a_server_that_lies_of_the_size_sends_no_more_than_is_kept(settings: Settings) -> None:
    told()
    with imap_server(written(text="x" * (LARGEST + 5000))) as box:
        settings.INTRODUCTIONS_IMAP_URL = box.url
        box.lies_of_size = True
        assert look() == 1
    assert len(Message.objects.get().raw) <= LARGEST


def test_a_connection_that_breaks_goes_on_where_it_was(settings: Settings) -> None:
    told()
    with imap_server(written(), written()) as box:
        settings.INTRODUCTIONS_IMAP_URL = box.url
        box.hangs_up = True
        assert look() == 0
        failed = Mailbox.objects.get()
        assert (failed.uid, failed.failed_since, bool(failed.error)) == (0, AT, True)
        assert look(AT + timedelta(minutes=1)) == 0
        says = standing(at=AT + timedelta(minutes=90)).says
        assert says.startswith("The mailbox has not been reached for 90 minutes")
        box.hangs_up = False
        assert look(AT + timedelta(minutes=2)) == 2
    assert (Mailbox.objects.get().error, Mailbox.objects.get().failed_since) == ("", None)


@pytest.mark.parametrize("before", ["imaps://mail.example/", "imap://intro%40hello.example:pw@127.0.0.1:9/INBOX"])
def test_a_mailbox_that_the_settings_named_before_is_no_trouble(before: str, settings: Settings) -> None:
    told()
    settings.INTRODUCTIONS_IMAP_URL = before
    assert look() == 0
    assert standing(at=AT).is_in_trouble
    with imap_server(written()) as box:
        settings.INTRODUCTIONS_IMAP_URL = box.url
        assert look() == 1
    stands = standing(at=AT)
    assert (stands.is_in_trouble, "not been reached" in stands.says) == (False, False)


def test_a_wrong_password_is_said_and_not_shown(settings: Settings) -> None:
    told()
    with imap_server(written()) as box:
        settings.INTRODUCTIONS_IMAP_URL = box.url.replace("/INBOX", "/Elsewhere")
        assert look() == 0
        settings.INTRODUCTIONS_IMAP_URL = box.url.replace("intro%40", "other%40")
        assert look() == 0
    errors = list(Mailbox.objects.values_list("error", flat=True))
    assert len(errors) == 2
    assert not any(PASSWORD in error for error in errors)


def test_a_server_that_is_not_there_is_said(settings: Settings) -> None:
    with imap_server() as box:
        url = box.url
    settings.INTRODUCTIONS_IMAP_URL = url
    assert look() == 0
    assert "refused" in Mailbox.objects.get().error


@pytest.mark.parametrize(
    "url", ["imap://user:pw@mail.example/INBOX", "https://user:pw@mail.example/", "imaps://mail.example/", "nonsense"]
)
def test_an_address_that_is_none_is_said_without_its_password(url: str, settings: Settings) -> None:
    settings.INTRODUCTIONS_IMAP_URL = url
    assert look() == 0
    assert ":pw@" not in Mailbox.objects.get().error


def test_an_address_is_read_as_addresses_are() -> None:
    where = Where.at("imaps://me%40x.example:p%2Fw@imap.x.example/Partners%20in")
    assert (where.host, where.port, where.user, where.password, where.folder, where.is_encrypted) == (
        "imap.x.example", 993, "me@x.example", "p/w", "Partners in", True,
    )  # fmt: skip
