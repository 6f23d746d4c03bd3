"""What the tests of links share: the company's site, a link of Ada's, and somebody who follows it."""

from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from affiliates.models import Program
from referrals.models import Link
from referrals.services.make_link import make_link
from tests.cast import AT, owner_of, partner, program, record, the_partner

SITE = "https://www.quillhaven.example/"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120 Safari/537.36"


def company(*hosts: str) -> None:
    """This function will tell the program with its two partners and the company's site."""
    program()
    settings = Program.current()
    settings.company_site, settings.allowed_hosts = SITE, list(hosts)
    settings.save()


def link_of(key: str = "ada", *, code: str = "", destination: str = SITE, name: str = "Blog") -> Link:
    """A link of a partner's."""
    return make_link(partner=the_partner(key), name=name, destination=destination, code=code, by=owner_of(key), at=AT)


def follow(code: str, **headers: str) -> HttpResponse:
    """This function will follow a link with a browser, from an address of its own where `REMOTE_ADDR` says so."""
    given = {"HTTP_USER_AGENT": BROWSER} | headers
    answer: HttpResponse = Client().get(f"/r/{code}", **given)  # type: ignore[arg-type, assignment]
    return answer


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def ended(key: str, on: str) -> None:
    """This function will end a partnership; the day is its last."""
    record(partner(key, ended=on, ended_by="partner"))
