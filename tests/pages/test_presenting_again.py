"""Who makes the invoice stands as the partner chose it last."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from payouts.models import Payout
from tests.cast import close, fay, monthly, record
from tests.pages.test_payout_pages import DRAWN, press, sent, settled, signed_in
from tests.payouts.finance import opened_payout

pytestmark = pytest.mark.django_db


def chosen(payout: Payout, client: Client) -> str:
    """What is chosen when the page opens."""
    page = client.get(reverse("payout_present", args=[payout.pk])).content.decode()
    boxes = re.findall(r'<input[^>]*name="how"[^>]*>', page)
    [value] = [found[1] for box in boxes if "checked" in box and (found := re.search(r'value="(\w+)"', box))]
    return value


def next_payout(first: Payout) -> Payout:
    record(monthly("acme", "2026-04", "1000.00"))
    close("2026-04", by=fay())
    return Payout.objects.exclude(pk=first.pk).get()


def test_the_first_time_the_portal_offers_to_draw_it() -> None:
    assert chosen(settled(opened_payout()), signed_in()) == "draw"


@pytest.mark.parametrize("how", ["draw", "upload"])
def test_the_next_month_begins_with_the_same(how: str) -> None:
    first = settled(opened_payout())
    assert press(first, DRAWN if how == "draw" else sent(first)).status_code == 302
    assert chosen(next_payout(first), signed_in()) == how


def test_what_somebody_chose_in_the_form_stays_when_something_is_wrong() -> None:
    first = settled(opened_payout())
    assert press(first, sent(first)).status_code == 302
    following = next_payout(first)
    page = press(following, {"how": "draw", "note": "x" * 5000}).content.decode()
    assert re.search(r'value="draw"[^>]*checked', page)
