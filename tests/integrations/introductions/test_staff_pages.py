"""What sales sees of the messages and decides about them; what strangers wrote is shown and never run."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry
from affiliates.models import Membership
from integrations.introductions.models import Reading, State, Why
from referrals.models import Lead
from referrals.models.lead import Stage
from tests.cast import fay, owner_of, sam, the_partner
from tests.integrations.introductions.writing import FAIL, arrive, letter, told, written
from tests.leads.telling import lead_of, signed_in

pytestmark = pytest.mark.django_db
ACME = {"company": "Acme Ltd", "domain": "acme-logistics.com", "contact": "Dana F.", "email": "dana@acme-logistics.com"}


@pytest.fixture
def sales() -> Client:
    told()
    return signed_in(sam())


def path_of(reading: Reading, step: str = "") -> str:
    return f"/sales/introductions/{reading.pk}/{step}"


def values(prefix: str, **told: Any) -> dict[str, Any]:
    return {f"{prefix}-{name}": value for name, value in told.items()}


def page(browser: Client, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_list_begins_with_what_waits(sales: Client) -> None:
    arrive(written(subject="To confirm"))
    arrive(written(subject="For a person", to="a@acme.com, b@birchwood.io"))
    arrive(written(subject="Left alone", sender="x@stranger.example"))
    waiting = page(sales, "/sales/introductions/")
    assert ("To confirm" in waiting, "For a person" in waiting, "stranger.example" in waiting) == (True, True, False)
    assert "2 wait for somebody" in waiting
    assert 'data-label="Partner"' not in waiting  # It stands with the sender: there is no room for six columns.
    assert re.search(r'data-label="Sender">\s*(<span>)?Ada Partners(</span>)?\s*<span class="below">', waiting)
    assert "stranger.example" in page(sales, "/sales/introductions/?show=left")
    assert "stranger.example" in page(sales, "/sales/introductions/?q=stranger")
    assert "a@acme.com" not in page(sales, "/sales/introductions/?show=taken")


def test_the_list_takes_as_many_queries_for_many_as_for_one(sales: Client) -> None:
    arrive(written(to="", subject="0"))
    with CaptureQueriesContext(connection) as one:
        page(sales, "/sales/introductions/")
    for number in range(1, 6):
        arrive(written(to="", subject=f"{number}"))
    with CaptureQueriesContext(connection) as many:
        page(sales, "/sales/introductions/")
    assert len(many) == len(one)


def test_company_and_contact_are_put_right_and_confirmed(sales: Client) -> None:
    reading = arrive(written())
    assert 'value="Acme Logistics Inc."' in page(sales, path_of(reading))
    assert sales.post(path_of(reading, "confirm/"), values("confirm", **ACME)).status_code == 302
    lead = Lead.objects.get()
    assert (lead.company, lead.contact, lead.name_key) == ("Acme Ltd", "Dana F.", "acme")
    reading.refresh_from_db()
    assert reading.confirmed_by == sam()
    again = sales.post(path_of(reading, "confirm/"), values("confirm", **ACME | {"company": "Other"}), follow=True)
    assert "Nothing was changed" in again.content.decode()
    assert Lead.objects.get().company == "Acme Ltd"
    assert AuditEntry.objects.filter(action="lead corrected").count() == 1


def test_a_correction_that_makes_it_another_partners_company_puts_it_under_review(sales: Client) -> None:
    lead_of("ben", "Birchwood", "jo@birchwood.io")
    reading = arrive(written(to="Dana <dana@gmail.com>"))
    assert reading.lead is not None
    assert not reading.lead.is_under_review
    told_now = {"company": "Birchwood", "domain": "birchwood.io", "contact": "Dana", "email": "dana@gmail.com"}
    sales.post(path_of(reading, "confirm/"), values("confirm", **told_now))
    lead = Lead.objects.get(channel="introduction")
    assert (lead.is_under_review, lead.conflicts.count()) == (True, 1)


def test_a_correction_to_a_company_that_the_partner_has_already_is_refused(sales: Client) -> None:
    lead_of("ada", "Birchwood", "jo@birchwood.io")
    reading = arrive(written(to="Dana <dana@gmail.com>"))
    told_now = {"company": "Birchwood", "domain": "birchwood.io", "contact": "Dana", "email": "dana@gmail.com"}
    answer = sales.post(path_of(reading, "confirm/"), values("confirm", **told_now))
    assert (answer.status_code, "is your lead already" in answer.content.decode()) == (422, True)
    reading.refresh_from_db()
    assert (Lead.objects.get(channel="introduction").company, reading.confirmed_at) == ("Dana", None)


def test_what_introduces_nobody_takes_the_lead_back_with_a_reason_that_the_partner_sees(sales: Client) -> None:
    reading = arrive(written())
    assert sales.post(path_of(reading, "leave/"), {}).status_code == 422
    assert Lead.objects.get().stage == Stage.SUBMITTED
    sales.post(path_of(reading, "leave/"), values("leave", reason="It was a newsletter"))
    lead = Lead.objects.get()
    assert (lead.stage, lead.steps.latest("pk").reason) == (Stage.REJECTED, "It was a newsletter")
    reading.refresh_from_db()
    assert (reading.state, reading.why) == (State.LEFT, Why.NO_INTRODUCTION)


def test_a_message_that_waits_becomes_a_lead_of_the_day_on_which_it_came(sales: Client) -> None:
    Membership.objects.create(partner=the_partner("ben"), user=owner_of("ada"))
    reading = arrive(written())
    ben = the_partner("ben")
    answer = sales.post(path_of(reading, "take/"), values("take", partner=ben.pk, **ACME))
    assert answer.status_code == 302
    lead = Lead.objects.get()
    assert (lead.partner, lead.company, lead.is_attested) == (ben, "Acme Ltd", False)
    assert lead.registered_on == reading.message.received_at.date()


def test_a_partner_that_the_sender_does_not_act_for_cannot_be_chosen(sales: Client) -> None:
    reading = arrive(written(to="a@acme.com, b@birchwood.io"))
    answer = sales.post(path_of(reading, "take/"), values("take", partner=the_partner("ben").pk, **ACME))
    assert answer.status_code == 422
    assert not Lead.objects.exists()


@pytest.mark.parametrize("raw", [written(proof=FAIL), written(sender="x@stranger.example"), letter("bounce")])
def test_what_is_not_proven_becomes_no_lead_by_hand_either(raw: bytes, sales: Client) -> None:
    reading = arrive(raw)
    assert "Make a lead of it" not in page(sales, path_of(reading))
    answer = sales.post(path_of(reading, "take/"), values("take", partner=the_partner("ada").pk, **ACME), follow=True)
    assert "Nothing was changed" in answer.content.decode()
    assert not Lead.objects.exists()


def test_a_message_is_put_to_a_lead(sales: Client) -> None:
    lead = lead_of("ada")
    reading = arrive(written(to=""))
    assert sales.post(path_of(reading, "join/"), values("join", lead=99999)).status_code == 422
    assert sales.post(path_of(reading, "join/"), values("join", lead=lead.pk)).status_code == 302
    reading.refresh_from_db()
    assert (reading.state, reading.lead) == (State.JOINED, lead)
    assert path_of(reading) in page(sales, f"/sales/leads/{lead.pk}/")


def test_it_is_read_again_after_a_setting_was_mended(sales: Client, settings: Any) -> None:
    settings.INTRODUCTIONS_TRUSTED_AUTHSERV = []
    reading = arrive(written())
    assert reading.why == Why.UNPROVEN
    settings.INTRODUCTIONS_TRUSTED_AUTHSERV = ["mx.hello.example"]
    assert sales.post(path_of(reading, "again/")).status_code == 302
    assert arrive(bytes(reading.message.raw)).state == State.LEAD


EVIL = '<script>alert(1)</script><a href="javascript:alert(2)">click</a> https://evil.example/'


def test_what_strangers_wrote_is_text(sales: Client) -> None:
    raw = written(text=EVIL, subject="<b>Hi</b>", to='"<img src=x>" <dana@acme.com>')
    shown = page(sales, path_of(arrive(raw)))
    for part in ("<script>alert", 'href="javascript', "<b>Hi", "<img src=x", 'href="https://evil'):
        assert part not in shown
    assert "&lt;script&gt;alert(1)" in shown
    html = arrive(letter("outlook"))
    assert ("alert(1)" in page(sales, path_of(html)), "cid:" in page(sales, path_of(html))) == (False, False)


def test_attachments_are_saved_and_never_opened(sales: Client) -> None:
    reading = arrive(letter("outlook"))
    answer = sales.get(path_of(reading, "files/1/"))
    assert answer.status_code == 200
    assert answer.content.startswith(b"\x89PNG")
    for path in (path_of(reading, "files/1/"), path_of(reading, "message.eml")):
        answer = sales.get(path)
        assert answer["Content-Type"] == "application/octet-stream"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Disposition"].startswith("attachment; filename=")
        assert "sandbox" in answer["Content-Security-Policy"]
    assert sales.get(path_of(reading, "files/0/")).status_code == 404
    assert sales.get(path_of(reading, "files/77/")).status_code == 404


def test_a_forwarded_message_is_shown_with_it(sales: Client) -> None:
    assert "Hi Olga, we need a phone system." in page(sales, path_of(arrive(letter("forward_attached"))))


@pytest.mark.parametrize("name", ["bounce", "mailing_list", "hebrew", "japanese", "forward_unclear", "phone"])
def test_each_kind_of_message_has_its_page(name: str, sales: Client) -> None:
    page(sales, path_of(arrive(letter(name))))


def test_even_what_cannot_be_read_has_its_page(sales: Client) -> None:
    shown = page(sales, path_of(arrive(b"\0" * 100)))
    assert "it cannot be read" in shown


def test_others_see_nothing_of_it(sales: Client) -> None:
    reading = arrive(written())
    for person in (fay(), owner_of("ada")):
        browser = signed_in(person)
        assert browser.get("/sales/introductions/").status_code == 403
        assert browser.get(path_of(reading, "files/1/")).status_code == 403
        assert browser.post(path_of(reading, "confirm/"), values("confirm", **ACME)).status_code == 403
