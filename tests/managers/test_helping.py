"""A manager looks at the portal as a partner sees it: everything can be read, nothing can be changed."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from accounts.models import AuditEntry
from affiliates.models import Partner
from tests.addresses import addresses
from tests.cast import AT, all_rows, owner_of, pam, program, sam, the_partner
from tests.managers.pages import browser_of, text_of
from tests.safety.test_isolation import SECRET, ids
from tests.world import bens_owner, two_worlds

pytestmark = pytest.mark.django_db
UNSAFE = ("post", "put", "patch", "delete")
# Addresses that are no partner's: for everybody, or for whoever holds the key of an e-mail.
NOBODYS = {
    "apply", "apply_confirm", "apply_sent", "enquiry", "enquiry_confirm", "enquiry_sent", "follow", "healthz", "join",
    "notice_off", "readyz", "styleguide",
}  # fmt: skip
BANNER = "You see what <strong>Ben Partners</strong> sees"


@pytest.fixture
def ben() -> Partner:
    _, ben = two_worlds()
    return ben


def looking_as(partner: Partner) -> Client:
    """The manager's browser, looking as a partner."""
    browser = browser_of()
    answer = browser.post(f"/admin/program/partners/{partner.pk}/look/")
    assert answer.headers["Location"] == "/"
    return browser


def steps() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))


def test_every_page_shows_what_the_owner_sees_under_a_banner(ben: Partner) -> None:
    with time_machine.travel(AT, tick=False):
        helper, owner, values = looking_as(ben), browser_of(bens_owner()), ids(ben)
        seen = 0
        for address in addresses():
            for url in address.filled(values):
                if address.name in SECRET | NOBODYS or address.name.startswith("staff_"):
                    continue
                theirs, answer = owner.get(url), helper.get(url)
                assert answer.status_code == theirs.status_code or theirs.status_code == 302, url
                is_page = answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html")
                said = (theirs.getvalue(), answer.getvalue())  # Read to their ends, so that files are closed.
                if is_page and answer.context and answer.context.get("acting"):
                    assert BANNER in said[1].decode(), url
                    seen += 1
    assert seen > 20


def test_to_look_writes_nothing(ben: Partner) -> None:
    with time_machine.travel(AT, tick=False):
        helper, values = looking_as(ben), ids(ben)
        helper.get("/")
        sessions: dict[str, list[str]] = {"django_session": [], "usersessions_usersession": []}
        before, read = {**all_rows(), **sessions}, 0
        for address in addresses():
            if address.name in SECRET | NOBODYS or address.name.startswith(("staff_", "account_", "mfa_")):
                continue
            for url in address.filled(values):
                helper.get(url).getvalue()
                read += 1
        assert read > 30
        assert {**all_rows(), **sessions} == before


def test_whatever_would_change_something_is_refused_at_every_address_of_a_partner(ben: Partner) -> None:
    with time_machine.travel(AT, tick=False):
        helper, values = looking_as(ben), ids(ben)
        helper.get("/")
        before, asked = {**all_rows(), "django_session": []}, 0
        for address in addresses():
            if address.name in NOBODYS or address.name.startswith("staff_"):
                continue
            for url in address.filled(values):
                for method in UNSAFE:
                    answer = getattr(helper, method)(url, {"acting_for": ben.pk} if method == "post" else None)
                    # 405 where the page takes no such method from anybody, the owner included.
                    assert answer.status_code in (403, 405), (method, url, answer.status_code)
                    if answer.status_code == 403:
                        assert "Nothing was sent and nothing was changed" in answer.content.decode(), url
                        asked += 1
    assert asked > 20
    assert {**all_rows(), "django_session": []} == before


def test_a_refusal_says_who_does_it_instead(ben: Partner) -> None:
    helper = looking_as(ben)
    page = helper.post("/leads/new/", {"company": "Oak", "acting_for": ben.pk})
    assert page.status_code == 403
    words = text_of(page.content.decode())
    assert "You only look as Ben Partners" in words
    assert "The people of Ben Partners do this themselves" in words


def test_bank_and_tax_details_stay_masked(ben: Partner) -> None:
    helper = looking_as(ben)
    pages = helper.get("/settings/payout/").content.decode() + helper.get("/settings/tax/").content.decode()
    assert "0123456789" not in pages
    assert "12-3456789" not in pages
    assert "6789" in pages


def test_documents_can_be_downloaded(ben: Partner) -> None:
    helper = looking_as(ben)
    statement = ben.statements.get()
    answer = helper.get(f"/statements/{statement.pk}/download/")
    assert answer.status_code == 200
    assert answer.getvalue().startswith(b"%PDF")


def test_it_is_written_down_when_it_begins_and_when_it_stops(ben: Partner) -> None:
    helper = looking_as(ben)
    answer = helper.post("/admin/program/look/stop/")
    assert answer.headers["Location"] == f"/admin/program/partners/{ben.pk}/"
    begun, ended = AuditEntry.objects.filter(action__startswith="look as partner").order_by("pk")
    assert (begun.action, begun.subject, begun.by) == ("look as partner begun", "partner ben", pam())
    assert (ended.action, ended.subject, ended.by) == ("look as partner ended", "partner ben", pam())
    assert ended.details == {"why": "They stopped"}
    assert helper.get("/").status_code == 302  # To their own pages.
    assert helper.post("/admin/program/look/stop/").headers["Location"] == "/admin/program/"
    assert steps().count("look as partner ended") == 1


def test_it_ends_after_thirty_minutes() -> None:
    program()
    with time_machine.travel(AT, tick=False):
        helper = looking_as(the_partner("ada"))
    with time_machine.travel(AT + timedelta(minutes=29, seconds=59), tick=False):
        assert helper.get("/").status_code == 200
    with time_machine.travel(AT + timedelta(minutes=30), tick=False):
        assert helper.get("/").headers["Location"] == "/admin/program/"
    assert AuditEntry.objects.get(action="look as partner ended").details == {"why": "Its time was over"}


def test_it_ends_with_signing_out() -> None:
    program()
    helper = looking_as(the_partner("ada"))
    helper.post("/accounts/logout/")
    assert AuditEntry.objects.get(action="look as partner ended").details == {"why": "They signed out"}
    helper.force_login(pam())
    assert helper.get("/").headers["Location"] == "/admin/program/"


def test_it_ends_when_the_right_is_taken_away() -> None:
    program()
    helper = looking_as(the_partner("ada"))
    pam().groups.clear()
    assert helper.get("/").status_code == 302
    assert steps()[-1] == "look as partner ended"


def test_another_partner_takes_the_place_of_the_first() -> None:
    program()
    helper = looking_as(the_partner("ada"))
    helper.post(f"/admin/program/partners/{the_partner('ben').pk}/look/")
    assert BANNER in helper.get("/").content.decode()
    assert steps()[-3:] == ["look as partner begun", "look as partner ended", "look as partner begun"]


def test_only_managers_look_and_nobody_without_a_post() -> None:
    program()
    url = f"/admin/program/partners/{the_partner('ada').pk}/look/"
    assert browser_of(sam()).post(url).status_code == 403
    assert browser_of(owner_of("ada")).post(url).status_code == 403
    assert browser_of().get(url).status_code == 405
    assert "look as partner begun" not in steps()
    assert browser_of().post("/admin/program/partners/999999/look/").status_code == 404


def test_who_is_a_partners_owner_too_changes_nothing_while_looking() -> None:
    """Their own partner is there again after they stop, and a form of theirs sent meanwhile does nothing."""
    program()
    manager = pam()
    the_partner("ben").memberships.create(user=manager, role="owner")
    helper = looking_as(the_partner("ada"))
    answer = helper.post("/settings/people/invite/", {"email": "x@y.example", "role": "owner"})
    assert answer.status_code == 403
    assert helper.post(f"/partners/{the_partner('ben').pk}/choose/").status_code == 403
    helper.post("/admin/program/look/stop/")
    assert "Ben Partners" in helper.get("/").content.decode()
