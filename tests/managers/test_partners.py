"""All partners and everything of one; applications and what is decided about them."""

from datetime import timedelta

import pytest

from accounts.models import AuditEntry
from accounts.services.write_audit import write_audit
from affiliates.models import Application, Partner
from affiliates.models.application import ApplicationState
from affiliates.models.partner import PartnerKind
from affiliates.services.apply import apply
from affiliates.services.move_application import verify_application
from affiliates.services.open_violation import open_violation
from referrals.services.register_lead import register_lead
from tests.cast import (
    AT,
    all_rows,
    client,
    close,
    fay,
    monthly,
    owner_of,
    pam,
    partner,
    program,
    record,
    sam,
    the_partner,
)  # fmt: skip
from tests.managers.pages import browser_of, csv_of, queries, read
from tests.payouts.finance import accept, opened_payout

pytestmark = pytest.mark.django_db
PARTNERS, APPLICATIONS = "/admin/program/partners/", "/admin/program/applications/"


def lead_of_ada() -> None:
    register_lead(
        partner=the_partner("ada"), company="Oak Ltd", contact="Jo", email="jo@oak.example", is_attested=True,
        by=owner_of("ada"), at=AT,
    )  # fmt: skip


def test_the_list_says_what_each_brings_is_owed_and_has_to_do() -> None:
    accept(opened_payout("5000.00").partner)
    lead_of_ada()
    words = read(PARTNERS)
    assert "Ada Partners ada 1 Jan 2025 Affiliate 5,000.00 30 % 1,500.00 1 1 Accepted Never" in words
    assert "Ben Partners ben 1 Jan 2025 Affiliate 0.00 0.00 0 0 Not accepted Never" in words
    lines = csv_of(PARTNERS)
    start = "ada,Ada Partners,Affiliate,ada@partners.example,2025-01-01,"
    assert lines[1].startswith(f"{start},5000.00,0.3000,1500.00,1,1,1,yes")


def test_it_is_searched_filtered_and_sorted() -> None:
    program(partner("gone", ended="2026-01-31"), client("brim", of="ben"), monthly("brim", "2026-01", "10.00"))
    close("2026-01")
    assert "Ben Partners" not in read(f"{PARTNERS}?q=ADA")
    assert "Ada Partners" in read(f"{PARTNERS}?q=ADA")
    ended = read(f"{PARTNERS}?standing=ended")
    assert "Gone Partners" in ended
    assert "Ada Partners" not in ended
    by_mrr = read(f"{PARTNERS}?sort=-mrr")
    assert by_mrr.index("Ben Partners") < by_mrr.index("Ada Partners")


def test_the_list_costs_the_same_with_one_and_with_many() -> None:
    program()
    few = queries(PARTNERS)
    record(*(partner(f"p{number}") for number in range(30)))
    assert queries(PARTNERS) == few


def test_a_partners_page_has_everything_of_it() -> None:
    payout = opened_payout("5000.00")
    ada = payout.partner
    accept(ada)
    lead_of_ada()
    open_violation(partner=ada, clause="6", evidence="Spam", notice_on=AT.date(), by=pam(), at=AT)
    words = read(f"{PARTNERS}{ada.pk}/")
    for said in (
        "Violation of clause 6, to be cured by",
        "MRR 5,000.00",
        "Balance 1,500.00",
        "Plan Standard plan",
        "Version 1, accepted by Olga Owner",
        "Violation opened",
        "Agreement accepted",
        "Oak Ltd since",
        "Acme Inc. closed 1 Jun 2025",
        "Mar 2026 1,500.00",
        "Lead registered",
        "owner.of.ada@people.example",
    ):
        assert said in words
    assert "Ben Partners" not in words
    assert browser_of().get(f"{PARTNERS}999999/").status_code == 404


def test_what_happened_is_told_in_plain_words() -> None:
    program(partner("ada"))
    ada = the_partner("ada")
    said = {"reason": "Both asked for it.", "clients": 1}
    write_audit(by=pam(), at=AT, action="demo_scheduled", subject="partner ada", **said)
    words = read(f"{PARTNERS}{ada.pk}/")
    assert "Demo scheduled" in words
    assert "Both asked for it, " in words


def test_a_partners_page_costs_the_same_with_much_and_with_little() -> None:
    program(client("acme"), monthly("acme", "2026-01", "100.00"))
    close("2026-01", by=fay())
    lead_of_ada()
    url = f"{PARTNERS}{the_partner('ada').pk}/"
    few = queries(url)
    for number in range(20):
        record(client(f"c{number}"), monthly(f"c{number}", "2026-02", "10.00"))
    close("2026-02", by=fay())
    assert queries(url) == few


# -- Applications -----------------------------------------------------------------------------------------


def applied(*, is_verified: bool = True) -> Application:
    program()
    made = apply(
        kind=PartnerKind.AFFILIATE, company="Oak", site="https://oak.example/", name="Jo", email="jo@oak.example",
        audience="Small firms", promotion="A newsletter", at=AT,
    )  # fmt: skip
    assert made is not None
    return verify_application(application=made, at=AT + timedelta(hours=1)) if is_verified else made


def test_applications_are_listed_and_shown() -> None:
    application = applied()
    assert "1 waits for a decision." in read(APPLICATIONS)
    words = read(f"{APPLICATIONS}{application.pk}/")
    assert "Small firms" in words
    assert "A newsletter" in words
    assert csv_of(APPLICATIONS)[1].startswith("Oak,https://oak.example/,Affiliate,Jo,jo@oak.example")


def test_an_approved_applicant_is_a_partner_and_invited() -> None:
    application = applied()
    answer = browser_of().post(f"{APPLICATIONS}{application.pk}/approve/")
    oak = Partner.objects.get(name="Oak")
    assert answer.headers["Location"] == f"{PARTNERS}{oak.pk}/"
    assert oak.invitations.get().email == "jo@oak.example"
    application.refresh_from_db()
    assert (application.state, application.decided_by) == (ApplicationState.APPROVED, pam())


def test_a_declined_applicant_is_told_why_and_a_reason_is_needed() -> None:
    application = applied()
    browser, url = browser_of(), f"{APPLICATIONS}{application.pk}/decline/"
    assert browser.post(url, {"reason": " "}).status_code == 422
    application.refresh_from_db()
    assert application.state == ApplicationState.VERIFIED
    assert browser.post(url, {"reason": "Too far away"}).status_code == 302
    assert "Too far away" in read(f"{APPLICATIONS}{application.pk}/")


def test_the_second_decision_says_what_the_first_was() -> None:
    application = applied()
    browser = browser_of()
    browser.post(f"{APPLICATIONS}{application.pk}/approve/")
    answer = browser.post(f"{APPLICATIONS}{application.pk}/decline/", {"reason": "No"}, follow=True)
    assert "The application is approved already" in answer.content.decode()
    assert Partner.objects.filter(name="Oak").count() == 1


def test_who_has_not_confirmed_the_address_cannot_be_decided() -> None:
    application = applied(is_verified=False)
    assert "followed the link in the e-mail" in read(f"{APPLICATIONS}{application.pk}/")
    answer = browser_of().post(f"{APPLICATIONS}{application.pk}/approve/", follow=True)
    assert "has not confirmed the e-mail address yet" in answer.content.decode()
    assert not Partner.objects.filter(name="Oak").exists()


def test_sales_decides_nothing_here() -> None:
    application = applied()
    before = all_rows()["affiliates_application"]
    assert browser_of(sam()).post(f"{APPLICATIONS}{application.pk}/approve/").status_code == 403
    assert all_rows()["affiliates_application"] == before
    assert not AuditEntry.objects.filter(action="application approved").exists()


def test_each_of_the_company_begins_where_their_day_is() -> None:
    program()
    assert browser_of(pam()).get("/").headers["Location"] == "/admin/program/"
    for person in (sam(), fay()):
        page = browser_of(person).get("/").headers["Location"]
        assert browser_of(person).get(page).status_code == 200
