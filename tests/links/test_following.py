"""`/r/<code>`: one statement, one click, and no way to anywhere but the company's hosts."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from affiliates.models import Program
from referrals.models import Click, Link
from referrals.services.switch_link import switch_link
from tests.cast import AT
from tests.links.company import BROWSER, SITE, company, ended, follow, link_of

pytestmark = pytest.mark.django_db
EVIL = "https://evil.example/"


def test_a_link_leads_on_with_its_clicks_token() -> None:
    company()
    link = link_of(destination=f"{SITE}pricing?plan=a%20b#top")
    answer = follow(link.code, HTTP_REFERER="https://blog.example/post?secret=1")
    click = Click.objects.get()
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"{SITE}pricing?plan=a%20b&via={click.token}#top"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    assert (click.link, click.at, click.agent, click.referrer) == (link, AT, BROWSER, "https://blog.example/post")


def test_it_takes_one_statement() -> None:
    company()
    link = link_of()
    with CaptureQueriesContext(connection) as captured:
        follow(link.code)
    assert len(captured) == 1
    assert "tributary_follow" in captured[0]["sql"]


def test_a_code_is_found_whatever_its_case_and_with_a_slash() -> None:
    company()
    link_of(code="spring-sale")
    assert follow("SPRING-Sale").status_code == follow("spring-sale/").status_code == 302
    assert Click.objects.count() == 2


HOSTILE = [
    "nobody", "x" * 41, "..", "%2e%2e", "ada%00", "ada'--", "ada%0d%0aSet-Cookie:%20a=b", "//evil.example",
    "ada%20OR%201=1", "ada?next=//evil.example/../", "ädä", "-", "a/b",
]  # fmt: skip


@pytest.mark.parametrize("code", HOSTILE)
def test_a_code_that_nobody_has_leads_nowhere(code: str) -> None:
    company()
    answer = follow(code)
    assert answer.status_code == 404
    assert "Location" not in answer.headers
    assert set(answer.cookies) <= {"csrftoken"}
    assert not Click.objects.exists()


def test_the_page_for_it_shows_the_way_to_the_company_and_nothing_that_was_typed() -> None:
    company()
    shown = follow("nobody?x=<script>alert(1)</script>").content.decode()
    assert SITE in shown
    assert "alert" not in shown


def test_nothing_of_the_query_goes_along() -> None:
    company()
    link = link_of()
    answer = follow(f"{link.code}?via=AAAAAAAAAAAAAAAA&next={EVIL}&%0d%0aX-Evil:%201")
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert query == {"via": [Click.objects.get().token]}


@pytest.mark.parametrize(
    "destination",
    [
        EVIL,
        "https://www.quillhaven.example@evil.example/",
        "https://evil.example\\@www.quillhaven.example/",
        "https://www.quillhaven.example.evil.example/",
        "https://www.quillhaven.example:8443/",
        "https://user:word@www.quillhaven.example/",
        "https:///evil.example",
        "https://WWW.evil.example/",
        "https://www.quillhaven.example/\r\nX-Evil: 1",
        "https://www.quillhaven.example/\tx",
    ],
)
def test_a_destination_that_is_not_allowed_any_more_leads_to_the_companys_site(destination: str) -> None:
    company()
    link = link_of()
    Link.objects.filter(pk=link.pk).update(destination=destination)
    answer = follow(link.code)
    assert answer.headers["Location"] == f"{SITE}?via={Click.objects.get().token}"


def test_the_allowed_hosts_are_asked_again_at_each_click() -> None:
    company("www.quillhaven.example", "shop.quillhaven.example")
    link = link_of(destination="https://shop.quillhaven.example/a")
    assert follow(link.code).headers["Location"].startswith("https://shop.quillhaven.example/a?via=")
    Program.objects.update(allowed_hosts=["www.quillhaven.example"])
    assert follow(link.code).headers["Location"].startswith(f"{SITE}?via=")


def test_a_link_that_is_off_leads_to_the_company_without_a_click() -> None:
    company()
    link = link_of(destination=f"{SITE}pricing")
    switch_link(link=link, is_on=False, by=None, at=AT)
    assert follow(link.code).headers["Location"] == SITE
    assert not Click.objects.exists()


@pytest.mark.parametrize(("ends", "clicks"), [("2027-01-01", 1), ("2026-12-31", 0)])
def test_the_last_day_of_a_partnership_is_its_last_for_links(ends: str, clicks: int) -> None:
    company()
    link = link_of()
    ended("ada", ends)
    assert follow(link.code).status_code == 302
    assert Click.objects.count() == clicks


def test_a_program_without_a_site_has_nowhere_to_lead() -> None:
    company()
    link = link_of()
    switch_link(link=link, is_on=False, by=None, at=AT)
    Program.objects.update(company_site="")
    assert follow(link.code).status_code == 404


def test_what_a_browser_says_is_cut_and_cleaned() -> None:
    company()
    follow(link_of().code, HTTP_USER_AGENT="M\0" + "é" * 5000, HTTP_REFERER="x\0" * 5000)
    click = Click.objects.get()
    assert (len(click.agent), len(click.referrer)) == (200, 200)
    assert "\0" not in click.agent + click.referrer


def test_no_address_is_kept_and_a_mark_lasts_a_day() -> None:
    company()
    link = link_of()
    for address in ("192.0.2.77", "192.0.2.77", "2001:db8::1"):
        follow(link.code, REMOTE_ADDR=address)
    first, again, other = Click.objects.order_by("id")
    assert first.visitor == again.visitor != other.visitor
    assert "192.0.2" not in str([vars(click) for click in Click.objects.all()])


def test_a_head_and_a_prefetch_are_kept_and_marked() -> None:
    company()
    link = link_of()
    Client().head(f"/r/{link.code}", HTTP_USER_AGENT=BROWSER)
    follow(link.code, HTTP_SEC_PURPOSE="prefetch;prerender")
    assert [click.is_probe for click in Click.objects.all()] == [True, True]
    assert not Click.objects.all().of_people().exists()


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_only_reading_follows_a_link(method: str) -> None:
    company()
    assert getattr(Client(), method)(f"/r/{link_of().code}").status_code == 405
    assert not Click.objects.exists()


AGENTS = [
    (BROWSER, True),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Version/17.0 Safari/604.1", True),
    ("Mozilla/5.0 (Linux; Android 13; CUBOT X50) AppleWebKit/537.36 Chrome/120 Mobile Safari/537.36", True),
    ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", False),
    ("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", False),
    ("facebookexternalhit/1.1", False),
    ("WhatsApp/2.23.20", False),
    ("curl/8.4.0", False),
    ("python-requests/2.31", False),
    ("", False),
]


@pytest.mark.parametrize(("agent", "is_person"), AGENTS)
def test_programs_are_told_from_people_when_clicks_are_read(agent: str, is_person: bool) -> None:
    company()
    follow(link_of().code, HTTP_USER_AGENT=agent)
    assert Click.objects.all().of_people().exists() == is_person
    counted = Link.objects.counted(since=AT - timedelta(days=1)).get()
    assert (counted.people, counted.clicks_made) == (int(is_person), 1)


def test_a_repeat_of_the_day_counts_once() -> None:
    company()
    link = link_of()
    for address in ("192.0.2.1", "192.0.2.1", "192.0.2.2"):
        follow(link.code, REMOTE_ADDR=address)
    counted = Link.objects.counted(since=AT - timedelta(days=1)).get()
    assert (counted.people, counted.clicks_made) == (2, 3)
