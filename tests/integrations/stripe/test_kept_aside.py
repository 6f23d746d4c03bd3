"""Events that are not of the account's own real money are kept and listed, and never become facts."""

from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client as Browser
from django.urls import reverse
from pytest_django.fixtures import Settings

from integrations.stripe.models import EventToWork, StripeEvent, StripeObject
from tests.cast import fay
from tests.integrations.stripe.published import OLD, Object, event, invoice
from tests.integrations.stripe.telling import NOW, payments, referred, tell, work

pytestmark = pytest.mark.django_db

APART: list[dict[str, Any]] = [
    {"livemode": False}, {"account": "acct_other"}, {"account": 7}, {"account": ""}, {"livemode": False, "account": "a"}
]  # fmt: skip


@pytest.fixture(autouse=True)
def real_money(settings: Settings) -> None:
    settings.STRIPE_TAKES_TEST_EVENTS = False


def paid(**said: Any) -> Object:
    made = invoice("in_1", "cus_a", paid="2026-01-10", version=OLD, charge="ch_1", intent="pi_1")
    return event("invoice.paid", made, "2026-01-10", version=OLD) | said


@pytest.mark.parametrize("said", APART)
def test_test_mode_and_connected_accounts_earn_nothing(said: dict[str, Any]) -> None:
    referred("cus_a")
    tell(paid(**said))
    assert payments() == []
    assert StripeEvent.objects.aside().count() == 1
    assert not EventToWork.objects.exists()
    assert not StripeObject.objects.exists()
    call_command("stripe_replay")
    assert payments() == []


def test_a_portal_for_trying_things_takes_test_events_and_no_connected_accounts(settings: Settings) -> None:
    settings.STRIPE_TAKES_TEST_EVENTS = True
    referred("cus_a")
    tell(paid(livemode=False, account="acct_other"))
    assert payments() == []
    tell(paid(livemode=False))
    assert payments() == ["in_1:pi_1 in_1 100.00 2026-01-10"]


def test_what_was_set_aside_is_worked_by_a_replay_once_it_is_meant(settings: Settings) -> None:
    referred("cus_a")
    tell(paid(livemode=False))
    settings.STRIPE_TAKES_TEST_EVENTS = True
    assert work(NOW).events == 0
    call_command("stripe_replay")
    assert len(payments()) == 1


def test_the_pages_name_what_was_set_aside() -> None:
    tell(paid(livemode=False), paid(account="acct_other"), paid())
    browser = Browser()
    browser.force_login(fay())
    assert "2 events of test mode or of connected accounts" in browser.get(reverse("staff_stripe")).content.decode()
    shown = browser.get(f"{reverse('staff_stripe_events')}?state=aside").content.decode()
    assert shown.count("Set aside</span>") == 2
    assert "acct_other" in shown
    worked = browser.get(f"{reverse('staff_stripe_events')}?state=worked").content.decode()
    assert "acct_other" not in worked
    one = reverse("staff_stripe_event", args=[StripeEvent.objects.get(account="acct_other").pk])
    assert "nothing follows from it here" in browser.get(one).content.decode()
