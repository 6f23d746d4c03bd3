"""Conflicts as sales sees them: the open ones first, two side by side, one decision; and the blocked domains."""

from collections.abc import Iterator

import pytest
import time_machine
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from referrals.models import BlockedDomain, Conflict
from referrals.models.lead import Stage
from tests.cast import AT, all_rows, client, pam, program, record, sam
from tests.leads.telling import lead_of, signed_in, win

pytestmark = pytest.mark.django_db
LIST = "/sales/conflicts/"


@pytest.fixture(autouse=True)
def now(db: None) -> Iterator[None]:
    program()
    sam(), pam()
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def rep() -> Browser:
    return signed_in(sam())


def conflict_of(company: str = "Dune Inc.", domain: str = "dune.example") -> Conflict:
    lead_of("ada", company, f"dan@{domain}", domain=f"www.{domain}")
    lead_of("ben", f"{company} LLC", f"eve@{domain}")
    return Conflict.objects.latest("id")


def shown(rep: Browser, conflict: Conflict) -> str:
    answer = rep.get(reverse("staff_conflict", args=[conflict.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def decide(rep: Browser, conflict: Conflict, to: str, reason: str = "Ada showed the mails") -> int:
    url = reverse("staff_conflict_decide", args=[conflict.pk])
    return int(rep.post(url, {"to": to, "reason": reason}).status_code)


def test_the_open_ones_come_first_and_the_oldest_of_them_on_top(rep: Browser) -> None:
    decided = conflict_of("Acacia", "acacia.example")
    oldest, newest = conflict_of("Birch", "birch.example"), conflict_of("Cedar", "cedar.example")
    assert decide(rep, decided, "first") == 302
    said = rep.get(LIST).content.decode()
    places = [said.index(reverse("staff_conflict", args=[each.pk])) for each in (oldest, newest, decided)]
    assert places == sorted(places)
    assert "2 wait for a decision." in said
    found = rep.get(LIST, {"q": "cedar"}).content.decode()
    assert "Cedar" in found
    assert "Birch" not in found
    assert "No conflicts" not in found


def test_the_list_costs_as_many_queries_with_thirty_as_with_one(rep: Browser) -> None:
    conflict_of()
    rep.get(LIST)
    with CaptureQueriesContext(connection) as one:
        rep.get(LIST)
    for number, word in enumerate(("Acacia", "Birch", "Cedar", "Durian", "Elder", "Fir", "Ginkgo", "Hazel")):
        conflict_of(word * 3, f"c{number}.example")
    with CaptureQueriesContext(connection) as many:
        rep.get(LIST)
    assert Conflict.objects.count() == 9
    assert len(many) == len(one)


def test_two_registrations_stand_side_by_side(rep: Browser) -> None:
    said = shown(rep, conflict_of())
    for words in (
        "Registered first", "Ada Partners", "1 January 2027, by Owner.Of.Ada", "Until 1 April 2027", "dan@dune.example",
        "Registered later", "Ben Partners", "1 January 2027, by Owner.Of.Ben", "None yet: under review",
        "95 of 100", "Same domain, dune.example", "It stays with Ada Partners", "It goes to Ben Partners",
    ):  # fmt: skip
        assert words in said, words


def test_it_is_decided_once_and_the_second_is_told(rep: Browser) -> None:
    conflict = conflict_of()
    assert decide(rep, conflict, "later", reason="") == 422
    assert decide(rep, conflict, "over") == 422
    assert decide(rep, conflict, "later") == 302
    after = all_rows()
    assert decide(rep, conflict, "later") == 302  # Sent twice.
    answer = signed_in(pam()).post(
        reverse("staff_conflict_decide", args=[conflict.pk]), {"to": "first", "reason": "x"}, follow=True
    )
    assert "Sam decided it on 1 January at 04:00" in answer.content.decode()
    after_all = all_rows()
    for table in ("referrals_conflict", "referrals_lead", "notices_notice"):
        assert after[table] == after_all[table]
    said = shown(rep, conflict)
    assert "Ada showed the mails" in said
    assert "Goes to the later partner" in said


def test_what_stands_in_the_way_is_said_beside_the_form(rep: Browser) -> None:
    conflict = conflict_of()
    assert conflict.first is not None
    win(conflict.first)
    answer = rep.post(reverse("staff_conflict_decide", args=[conflict.pk]), {"to": "later", "reason": "x"})
    assert answer.status_code == 422
    assert "take back the win first" in answer.content.decode()


def test_a_customers_registration_is_decided_on_the_same_page(rep: Browser) -> None:
    record(client("dune", name="Dune, Inc."))
    lead = lead_of("ben")
    conflict = Conflict.objects.get()
    said = shown(rep, conflict)
    assert "An existing customer: Dune, Inc. (dune)" in said
    assert "It is a customer: reject the registration" in said
    assert decide(rep, conflict, "first") == 302
    lead.refresh_from_db()
    assert lead.stage == Stage.REJECTED


def test_managers_keep_the_list_of_blocked_domains_and_sales_reads_it(rep: Browser) -> None:
    manager = signed_in(pam())
    add, told = reverse("staff_blocked_add"), {"domain": "www.dune.example", "reason": "Our own"}
    assert rep.post(add, told).status_code == 403
    assert manager.post(add, told | {"domain": "gmail.com"}).status_code == 422
    assert manager.post(add, told).status_code == 302
    said = rep.get(reverse("staff_blocked")).content.decode()
    assert "dune.example" in said
    assert "Our own" in said
    assert "Remove" not in said
    remove = reverse("staff_blocked_remove", args=[BlockedDomain.objects.get().pk])
    assert rep.post(remove).status_code == 403
    assert manager.post(remove).status_code == 302
    assert not BlockedDomain.objects.exists()
