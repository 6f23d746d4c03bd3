"""The page of the doors says of each whether it is connected, and whether it is in trouble."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from pytest_django.fixtures import Settings

from integrations.crm.models import Connection
from integrations.introductions.models import Mailbox
from integrations.introductions.services.poll_mailbox import poll_mailbox
from tests.cast import AT, owner_of, pam, program
from tests.integrations.crm.samples import unreadable
from tests.managers.pages import browser_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_program")]
NOBODY_THERE = "imap://intro:pw@127.0.0.1:9/INBOX"


@pytest.fixture
def _program() -> None:
    program()
    owner_of("ada")


def badge_of(door: str) -> tuple[str, str]:
    """What stands beside a door's name, and in which tone."""
    page = browser_of(pam()).get(reverse("staff_integrations")).content.decode()
    card = page[page.index(f">{door}</a></h2>") :]
    found = re.search(r'class="badge tone-(\w+)">([^<]*)<', card)
    assert found is not None, card[:500]
    return found.group(2), found.group(1)


def test_a_crm_in_trouble_is_not_called_connected() -> None:
    assert badge_of("CRMs") == ("Not connected", "neutral")
    unreadable()
    assert badge_of("CRMs") == ("Connected", "good")
    Connection.objects.update(error="HubSpot does not let us in: expired.", rest_until=AT + timedelta(minutes=15))
    assert badge_of("CRMs") == ("In trouble", "bad")
    Connection.objects.update(is_on=False)
    assert badge_of("CRMs") == ("Not connected", "neutral")


def test_a_mailbox_that_is_not_reached_is_not_called_connected(settings: Settings) -> None:
    settings.INTRODUCTIONS_ADDRESS, settings.INTRODUCTIONS_IMAP_URL = "introductions@hello.example", NOBODY_THERE
    assert badge_of("Introductions by e-mail") == ("Connected", "good")
    poll_mailbox(clock=lambda: AT)
    assert badge_of("Introductions by e-mail") == ("In trouble", "bad")
    Mailbox.objects.update(error="", failed_since=None)
    assert badge_of("Introductions by e-mail") == ("Connected", "good")
