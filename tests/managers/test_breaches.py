"""Violations from notice to decision, the company's termination, and what falls due by its date."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.models import AuditEntry
from affiliates.models import Program, TerminationNotice, Violation
from affiliates.models.agreement import ViolationState
from affiliates.services.accept_agreement import publish_version
from affiliates.services.open_violation import CureStillRuns, decide_violation
from affiliates.services.watch_dates import watch_dates
from notices.models import Notice
from tests.cast import AT, all_rows, client, close, day, monthly, owner_of, pam, program, the_partner
from tests.managers.desk import at_desk, words
from tests.managers.pages import text_of

pytestmark = pytest.mark.django_db
VIOLATIONS = "/admin/program/violations/"
TEXT = "\n\n".join(f"{number}. Rule {number}. What it says." for number in range(1, 8))
NOW = "2026-03-20T18:00:00Z"


@pytest.fixture(autouse=True)
def _told() -> Any:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    close("2026-01")
    publish_version(number="1", title="Terms", text=TEXT, by=None, at=AT)
    with time_machine.travel(NOW, tick=False):
        yield


def opened(**changes: Any) -> Any:
    form = {"partner": "ada", "clause": "6", "evidence": "It promised a price", "notice_on": "2026-03-20"} | changes
    proof = SimpleUploadedFile("advert.pdf", b"%PDF-1.7\n%%EOF\n")
    return at_desk(pam()).post(f"{VIOLATIONS}new/", form | {"attachments": [proof]})


def violation() -> Violation:
    return Violation.objects.get()


def watched(on: str) -> None:
    with time_machine.travel(f"{on}T18:00:00Z", tick=False):
        watch_dates(at=timezone.now())


def test_notice_reaches_the_partner_with_its_evidence() -> None:
    assert opened().status_code == 302
    found = violation()
    assert (found.clause, found.cure_by, found.opened_by) == ("6", day("2026-04-04"), pam())
    said = words(at_desk(owner_of("ada")).get("/agreement/"))
    assert "It promised a price" in said
    assert "15 days left" in said
    file = found.files.get()
    assert at_desk(owner_of("ada")).get(f"/agreement/evidence/{file.pk}/").getvalue().startswith(b"%PDF")
    assert at_desk(owner_of("ben")).get(f"/agreement/evidence/{file.pk}/").status_code == 404
    assert "15 days left" in words(at_desk(pam()).get(VIOLATIONS))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"partner": "nobody"}, "There is no partner like"),
        ({"clause": "99"}, "Choose one that is offered"),
        ({"notice_on": "2026-03-21"}, "in the future"),
        ({"notice_on": "2020-01-01"}, "joined on"),
        ({"evidence": ""}, "This is still empty"),
    ],
)
def test_a_notice_that_does_not_do_says_why(changes: dict[str, str], why: str) -> None:
    assert why in words(opened(**changes), 422)
    assert not Violation.objects.exists()


def test_cured_with_what_was_found() -> None:
    opened()
    url = f"{VIOLATIONS}{violation().pk}/"
    assert "This is still empty" in words(at_desk(pam()).post(f"{url}cured/", {}), 422)
    at_desk(pam()).post(f"{url}cured/", {"finding": "The advert is gone"})
    found = violation()
    assert (found.state, found.finding, found.decided_by) == (ViolationState.CURED, "The advert is gone", pam())
    assert Notice.objects.filter(body__contains="The advert is gone").exists()
    assert "Nothing was decided" in words(
        at_desk(pam()).post(f"{url}cured/", {"finding": "Again"}, follow=True)
    )  # The second decision changes nothing.
    assert violation().finding == "The advert is gone"


def test_it_is_not_found_uncured_before_its_time_is_over() -> None:
    opened()
    found, before = violation(), AuditEntry.objects.count()
    with pytest.raises(CureStillRuns, match="until 4 April 2026"):
        decide_violation(violation=found, to=ViolationState.ENDED, on=found.cure_by, by=pam(), at=AT)
    assert AuditEntry.objects.count() == before
    assert "after 4 April 2026" in words(at_desk(pam()).get(f"{VIOLATIONS}{found.pk}/"))


def test_not_cured_leads_to_the_end_with_its_numbers() -> None:
    opened()
    found, ada = violation(), the_partner("ada")
    url = f"/admin/program/partners/{ada.pk}/end/"
    with time_machine.travel("2026-04-06T18:00:00Z", tick=False):
        assert "2 days overdue" in words(at_desk(pam()).get(f"{VIOLATIONS}{found.pk}/"))
        page = words(at_desk(pam()).get(url, {"violation": found.pk}))
        assert "The breach of clause 6 was not cured by 4 April 2026." in page
        assert "200.00 USD" in page  # The balance that is still paid.
        form = {
            "violation": found.pk, "effective_on": "2026-04-09", "reason": "Not cured", "partner_name": "Ada Partners",
        }  # fmt: skip
        before = all_rows()
        assert "three days" in words(at_desk(pam()).post(url, form | {"effective_on": "2026-04-08"}), 422)
        assert at_desk(pam()).post(url, form | {"partner_name": "Ben"}).status_code == 422
        same = {table for table, rows in all_rows().items() if rows != before[table]}
        assert same <= {"django_session", "accounts_user"}
        assert at_desk(pam()).post(url, form).status_code == 302
        assert at_desk(pam()).post(url, form).status_code == 302  # Pressed twice: there is notice already.
    notice = TerminationNotice.objects.get()
    assert (notice.given_by, notice.effective_on, notice.by) == ("company", day("2026-04-09"), pam())
    assert violation().state == ViolationState.ENDED


def test_ending_for_a_breach_that_can_still_be_cured_moves_nothing() -> None:
    opened()
    ada = the_partner("ada")
    form = {
        "violation": violation().pk, "effective_on": "2026-03-25", "reason": "x", "partner_name": "Ada Partners",
    }  # fmt: skip
    said = words(at_desk(pam()).post(f"/admin/program/partners/{ada.pk}/end/", form, follow=True))
    assert "It can still be cured until 4 April 2026" in said
    assert not TerminationNotice.objects.exists()
    assert the_partner("ada").terminated_on is None


def test_without_a_breach_the_company_ends_by_notice() -> None:
    ben = the_partner("ben")
    form = {"effective_on": "2026-03-23", "reason": "We turn to others", "partner_name": "ben partners"}
    assert at_desk(pam()).post(f"/admin/program/partners/{ben.pk}/end/", form).status_code == 302
    assert the_partner("ben").terminated_on == day("2026-03-23")


def test_managers_hear_once_that_a_breach_was_not_cured() -> None:
    pam()
    opened()
    key = f"violation:{violation().pk}:overdue:{pam().pk}"
    watched("2026-04-04")
    assert not Notice.objects.filter(key=key).exists()  # Its last day.
    for on in ("2026-04-05", "2026-04-05", "2026-04-20"):
        watched(on)
    assert Notice.objects.filter(key=key).count() == 1
    assert violation().state == ViolationState.OPEN  # Nothing ends by itself.
    with time_machine.travel("2026-04-06T18:00:00Z", tick=False):
        said = words(at_desk(pam()).get("/admin/program/due/"))
    assert "2 days overdue" in said
    assert "Managers told on 5 Apr 2026" in said


def test_the_end_is_told_once_when_it_has_come_and_a_year_later_again() -> None:
    ben, owner = the_partner("ben"), owner_of("ben")
    form = {"effective_on": "2026-03-23", "reason": "x", "partner_name": "Ben Partners"}
    at_desk(pam()).post(f"/admin/program/partners/{ben.pk}/end/", form)
    key = f"termination:{TerminationNotice.objects.get().pk}"
    watched("2026-03-23")
    assert not Notice.objects.filter(key__startswith=f"{key}:effective").exists()  # The last day still counts.
    for on in ("2026-03-24", "2026-03-24", "2026-03-26"):
        watched(on)
    assert Notice.objects.filter(key=f"{key}:effective:{owner.pk}").count() == 1
    assert Notice.objects.filter(key=f"{key}:effective:staff:{pam().pk}").count() == 1
    with time_machine.travel("2026-03-26T18:00:00Z", tick=False):
        said = words(at_desk(pam()).get("/admin/program/due/"))
        assert "A partnership ended" in said
        assert "Told on 24 Mar 2026" in said
        assert at_desk(owner_of("ben")).post("/leads/new/", {}).headers["Location"] == "/"  # It can only read.
    watched("2027-03-23")
    assert not Notice.objects.filter(key__contains="no-soliciting-over").exists()
    for on in ("2027-03-24", "2027-03-25"):
        watched(on)
    assert Notice.objects.filter(key=f"{key}:no-soliciting-over:{pam().pk}").count() == 1


def test_an_end_long_ago_is_told_of_no_more() -> None:
    ben = the_partner("ben")
    form = {"effective_on": "2026-03-23", "reason": "x", "partner_name": "Ben Partners"}
    at_desk(pam()).post(f"/admin/program/partners/{ben.pk}/end/", form)
    watched("2026-06-01")
    assert not Notice.objects.filter(key__contains=":effective").exists()


def test_what_waits_since_a_day_of_the_past_is_not_said_to_come() -> None:
    opened()
    publish_version(number="9", title="Terms", text=TEXT, by=None, at=timezone.now() - timedelta(days=40))
    with time_machine.travel("2026-04-06T18:00:00Z", tick=False):
        said = text_of(at_desk(pam()).get("/admin/program/due/").content.decode())
    waits, comes = said.split("Waiting since its day")[1].split("Coming")
    assert "2 days overdue" in waits
    assert "Version 9 of the Agreement" in waits
    assert "overdue" not in comes
    assert "Version 9" not in comes


def test_the_same_notice_is_not_given_twice() -> None:
    assert opened().status_code == 302
    told = Notice.objects.count()
    again = opened(evidence="It promised a price, again")
    assert again.status_code == 422
    assert "has notice of a breach of clause 6 from 20 March 2026 already" in words(again, 422)
    assert Violation.objects.count() == 1
    assert Notice.objects.count() == told
    assert opened(clause="7").status_code == 302


@pytest.mark.parametrize(("zone", "is_over"), [("America/Los_Angeles", False), ("UTC", True), ("Asia/Tokyo", True)])
def test_the_day_to_cure_ends_in_the_programs_time_zone(zone: str, is_over: bool) -> None:
    opened()  # To be cured by 4 April.
    Program.objects.update(time_zone=zone)
    at = datetime(2026, 4, 5, 5, tzinfo=UTC)  # In Los Angeles it is 4 April, ten in the evening.
    watch_dates(at=at)
    assert Notice.objects.filter(key__startswith=f"violation:{violation().pk}:overdue").exists() is is_over
    with time_machine.travel(at, tick=False):
        page = words(at_desk(pam()).get(f"{VIOLATIONS}{violation().pk}/"))
        assert ("overdue" in page) is is_over
        at_desk(pam()).post(f"{VIOLATIONS}{violation().pk}/not-cured/")
    assert violation().state == ViolationState.OPEN  # That needs the end of the partnership too.
    if not is_over:
        with pytest.raises(CureStillRuns):
            decide_violation(
                violation=violation(), to=ViolationState.ENDED, on=Program.current().day(at), by=pam(), at=at
            )
