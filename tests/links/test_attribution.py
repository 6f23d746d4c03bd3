"""Who is credited: the last link of an active partner within the cookie's life."""

from datetime import timedelta

import pytest

from affiliates.models import Program
from referrals.models import Click, Link
from referrals.services.attribute_click import attribute_click
from referrals.services.switch_link import switch_link
from tests.cast import AT
from tests.links.company import company, ended, link_of

pytestmark = pytest.mark.django_db


def click(link: Link, *, days_ago: float) -> Click:
    return Click.objects.create(link=link, at=AT - timedelta(days=days_ago))


def test_the_last_partners_link_wins() -> None:
    company()
    first, last = click(link_of("ada"), days_ago=5), click(link_of("ben"), days_ago=2)
    assert attribute_click(tokens=[last.token, first.token], at=AT) == last


@pytest.mark.parametrize(("days", "counts"), [(0, True), (89, True), (90, True), (90.01, False), (-1, False)])
def test_a_click_counts_for_ninety_days(days: float, counts: bool) -> None:
    company()
    made = click(link_of(), days_ago=days)
    assert attribute_click(tokens=[made.token], at=AT) == (made if counts else None)


def test_the_life_is_the_programs() -> None:
    company()
    made = click(link_of(), days_ago=31)
    Program.objects.update(cookie_days=30)
    assert attribute_click(tokens=[made.token], at=AT) is None


def test_an_ended_partner_is_passed_over() -> None:
    company()
    first, last = click(link_of("ada"), days_ago=5), click(link_of("ben"), days_ago=2)
    ended("ben", "2026-12-31")
    assert attribute_click(tokens=[first.token, last.token], at=AT) == first
    assert attribute_click(tokens=[last.token], at=AT) is None


def test_a_link_switched_off_later_keeps_its_clicks() -> None:
    company()
    link = link_of()
    made = click(link, days_ago=1)
    switch_link(link=link, is_on=False, by=None, at=AT)
    assert attribute_click(tokens=[made.token], at=AT) == made


@pytest.mark.parametrize("token", ["", "nobody", "A" * 16, "x" * 10_000, "' OR 1=1"])
def test_a_token_of_nobody_credits_nobody(token: str) -> None:
    company()
    click(link_of(), days_ago=1)
    assert attribute_click(tokens=[token], at=AT) is None
