"""A form is of the partner that it was opened for: whoever has switched since changes nothing with it."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.urls import resolve, reverse

from accounts.models import User
from affiliates.models import Membership, Partner
from affiliates.models.partner import MemberRole
from referrals.models import Lead
from tests.addresses import addresses
from tests.cast import AT, all_rows, owner_of, program, the_partner
from tests.safety.test_isolation import ids
from tests.world import bens_owner, two_worlds

pytestmark = pytest.mark.django_db
FIELD = "acting_for"
# What a partner's page holds besides its own forms: these addresses are nobody's in particular.
OF_THE_PERSON = {"account_logout", "partner_choose", "staff_help_stop"}
NO_PARTNERS = OF_THE_PERSON | {
    "apply", "apply_confirm", "apply_sent", "enquiry", "enquiry_confirm", "enquiry_sent", "follow", "join",
    "notice_off", "styleguide", "healthz", "readyz",
}  # fmt: skip
PASSWORD = "four words in a row"
LEAD = {"company": "Oak Ltd", "contact": "Jo", "email": "jo@oak.example", "is_attested": "on"}


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with time_machine.travel(AT, tick=False):
        yield


class Forms(HTMLParser):
    """The forms of a page that post: where to, and the names and values of their fields."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.is_post = given.get("method", "get").lower() == "post"
            if self.is_post:
                self.found.append((given.get("action", ""), {}))
        elif tag == "input" and self.found and self.is_post:
            self.found[-1][1][given.get("name", "")] = given.get("value", "")


def sure(user: User) -> Client:
    """Somebody who has just said who they are."""
    user.set_password(PASSWORD)
    user.save()
    client = Client()
    client.force_login(user)
    client.post("/accounts/reauthenticate/?next=/", {"password": PASSWORD, FIELD: ""})
    return client


def person_of_both() -> User:
    """Ada's owner, who owns Ben's account as well."""
    user = owner_of("ada")
    Membership.objects.create(partner=the_partner("ben"), user=user, role=MemberRole.OWNER)
    return user


def switched(user: User, key: str) -> Client:
    client = sure(user)
    client.post(reverse("partner_choose", args=[the_partner(key).pk]))
    return client


def changed(before: dict[str, list[str]]) -> list[str]:
    return [name for name, rows in all_rows().items() if rows != before[name] and name != "django_session"]


def test_each_form_of_a_partners_page_says_whose_it_is() -> None:
    _, ben = two_worlds()
    client, seen, silent = sure(bens_owner()), 0, []
    for address in addresses():
        for url in address.filled(ids(ben)):
            answer = client.get(url)
            shown = answer.getvalue()  # Files are read to their end, which closes them.
            if answer.status_code != 200 or "acting" not in (answer.context or {}):
                continue
            for action, fields in Forms(shown.decode()).found:
                target = action.partition("#")[0] or url
                if resolve(target).url_name not in OF_THE_PERSON:
                    seen += 1
                    silent += [] if fields.get(FIELD) == str(ben.pk) else [f"{url}: {target}"]
    assert silent == []
    assert seen > 15


def test_no_template_of_a_partners_page_forgets_it() -> None:
    """Also the forms that the walk above does not come to see."""
    folder, forgot = Path(settings.BASE_DIR) / "templates", []
    for file in folder.rglob("*.html"):
        text = file.read_text("utf-8")
        if not re.match(r'\{% extends "partner\.html" %\}', text):
            continue
        forms = re.findall(r'<form[^>]*method="post".*?</form>', text, re.DOTALL)
        posts = [
            form for form in forms if not re.search(r'\{% url "(account_logout|partner_choose|staff_help_stop)"', form)
        ]
        forgot += [str(file.relative_to(folder)) for form in posts if "{% partner_token %}" not in form]
    assert forgot == []


def test_at_every_address_a_form_of_another_partner_changes_nothing() -> None:
    ada, ben = two_worlds()
    client, values = switched(person_of_both(), "ben"), ids(Partner.objects.get(pk=ben.pk))
    wrong = []
    client.get("/")
    before = all_rows()
    for address in addresses():
        for url in address.filled(values) if address.name not in NO_PARTNERS else ():
            for data in ({FIELD: ada.pk}, {}):
                status = client.post(url, data).status_code
                wrong += [] if status in (405, 409) else [(url, data, status)]
    assert wrong == []
    assert changed(before) == []


def test_who_switched_meanwhile_is_told_for_whom_the_form_was() -> None:
    program()
    user = person_of_both()
    client = switched(user, "ada")
    form = next(
        fields for action, fields in Forms(client.get("/leads/new/").content.decode()).found if "leads" in action
    )
    client.post(reverse("partner_choose", args=[the_partner("ben").pk]))
    sent = LEAD | {FIELD: form[FIELD]}
    answer = client.post("/leads/new/", sent, headers={"referer": "http://testserver/leads/new/"})
    shown = answer.content.decode()
    assert answer.status_code == 409
    assert "opened for Ada Partners, and you act for Ben Partners now" in shown
    assert not Lead.objects.exists()
    back = reverse("partner_choose", args=[the_partner("ada").pk])
    offered = [fields for action, fields in Forms(shown).found if action == back and "next" in fields]
    assert [fields["next"] for fields in offered] == ["/leads/new/"]
    assert client.post(back, {"next": "/leads/new/"}).headers["Location"] == "/leads/new/"
    assert client.post("/leads/new/", sent).status_code == 302
    assert Lead.objects.get().partner == the_partner("ada")


def test_a_form_of_a_partner_left_since_names_nobody() -> None:
    program()
    client = sure(owner_of("ada"))
    answer = client.post("/leads/new/", LEAD | {FIELD: the_partner("ben").pk})
    assert answer.status_code == 409
    assert "a partner that you do not act for" in answer.content.decode()
    assert "Ben Partners" not in answer.content.decode()
    assert not Lead.objects.exists()


def test_a_form_that_does_not_say_is_taken_from_a_person_of_one_partner_alone() -> None:
    program()
    owner = owner_of("ada")
    assert sure(owner).post("/leads/new/", LEAD).status_code == 302
    person_of_both()
    answer = sure(owner).post("/leads/new/", LEAD | {"company": "Elm Ltd", "email": "el@elm.example"})
    assert answer.status_code == 409
    assert "did not say for which of your partners" in answer.content.decode()
    assert Lead.objects.count() == 1


@pytest.mark.parametrize("page", ["https://evil.example/", "//evil.example/", "leads", "javascript:alert(1)", ""])
def test_switching_leads_nowhere_else(page: str) -> None:
    program()
    client = sure(person_of_both())
    answer = client.post(reverse("partner_choose", args=[the_partner("ben").pk]), {"next": page})
    assert answer.headers["Location"] == "/"
