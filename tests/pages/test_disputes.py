"""A partner disputes a line, finance answers, and what is granted comes as an adjustment by two people."""

import re
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEntry, User
from commissions.models import Adjustment, Commission, Dispute, DisputeFile, DisputeState
from commissions.services.adjust_balance import AdjustmentRefused, approve_adjustment
from commissions.services.answer_dispute import AnswerRefused, DisputeIsAnswered, accept_dispute, decline_dispute
from commissions.services.open_dispute import DisputeIsOpen, MonthIsOpen, open_dispute
from notices.models import Notice
from parts.uploads import Kind, Upload
from tests.cast import (
    AT,
    Facts,
    abe,
    all_rows,
    balance,
    client,
    close,
    fay,
    monthly,
    owner_of,
    partner,
    program,
    record,
    run,
    sam,
)  # fmt: skip

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4\nwhat the client paid\n%%EOF\n"
METHODS = ("get", "head", "post", "put", "patch", "delete")


@pytest.fixture
def lined() -> Commission:
    """A line of Ada's in a closed month."""
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    close("2026-01", by=fay())
    return Commission.objects.get()


def signed_in(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def text(answer: Any) -> str:
    page = answer.content.decode()
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def disputed(line: Commission, comment: str = "They paid 1,500.00") -> Dispute:
    proof = Upload(PDF, Kind.PDF, "invoice.pdf")
    owner = owner_of(line.partner.reference)
    return open_dispute(partner=line.partner, commission_id=line.pk, comment=comment, files=[proof], by=owner, at=AT)


def url_of(line: Commission) -> str:
    return reverse("commission_dispute", args=[line.pk])


def test_a_partner_disputes_a_line_with_files_and_follows_it(lined: Commission) -> None:
    browser = signed_in(owner_of("ada"))
    files = [SimpleUploadedFile("invoice.pdf", PDF), SimpleUploadedFile("bank.pdf", PDF)]
    answer = browser.post(url_of(lined), {"comment": "They paid 1,500.00", "attachments": files}, follow=True)
    dispute = Dispute.objects.get()
    assert answer.redirect_chain == [(f"/disputes/{dispute.pk}/", 302)]
    told = text(answer)
    assert "Finance looks at it and answers here." in told
    assert "They paid 1,500.00" in told
    assert (dispute.commission_id, dispute.state, dispute.opened_by) == (lined.pk, "open", owner_of("ada"))
    assert [file.name for file in DisputeFile.objects.all()] == ["invoice.pdf", "bank.pdf"]
    sent = browser.get(reverse("dispute_file", args=[DisputeFile.objects.first().pk]))  # type: ignore[union-attr]
    assert sent.getvalue() == PDF
    assert sent.headers["Content-Disposition"].startswith("attachment")
    assert AuditEntry.objects.filter(action="dispute opened", subject=f"dispute {dispute.pk}").exists()
    assert f"/disputes/{dispute.pk}/" in browser.get("/commissions/").content.decode()
    assert f"/disputes/{dispute.pk}/" in browser.get("/disputes/").content.decode()
    assert "Your dispute of" in text(browser.get(reverse("commission_why", args=[lined.pk])))


@pytest.mark.parametrize(
    ("comment", "files", "said"),
    [
        ("", [], "This is still empty"),
        ("Wrong", [b"MZ an executable"], "This is not a PDF, PNG or JPEG file"),
        ("Wrong", [PDF] * 6, "At most 5 files"),
    ],
)
def test_what_is_refused_leaves_nothing(lined: Commission, comment: str, files: list[bytes], said: str) -> None:
    browser = signed_in(owner_of("ada"))
    before = all_rows()
    sent = [SimpleUploadedFile(f"{number}.pdf", content) for number, content in enumerate(files)]
    answer = browser.post(url_of(lined), {"comment": comment, "attachments": sent})
    assert said in text(answer)
    after = all_rows()
    assert {name for name in before if before[name] != after[name]} <= {"django_session"}


def test_a_line_of_an_open_month_is_not_disputed() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    run("2026-01")
    line = Commission.objects.get()
    browser = signed_in(owner_of("ada"))
    assert "The month is still open" in text(browser.get(url_of(line)))
    assert "can be disputed once it is closed" in text(browser.post(url_of(line), {"comment": "Wrong"}))
    with pytest.raises(MonthIsOpen):
        disputed(line)
    assert not Dispute.objects.exists()


def test_a_line_is_disputed_once_at_a_time(lined: Commission) -> None:
    first = disputed(lined)
    with pytest.raises(DisputeIsOpen):
        disputed(lined)
    assert "disputed already" in text(signed_in(owner_of("ada")).post(url_of(lined), {"comment": "Again"}))
    assert Dispute.objects.count() == 1
    decline_dispute(dispute=first, answer="The rate is right", by=fay(), at=AT)
    disputed(lined)
    assert Dispute.objects.count() == 2


def test_accepted_it_is_an_adjustment_that_a_second_person_approves(lined: Commission) -> None:
    dispute = disputed(lined)
    accept_dispute(dispute=dispute, amount=Decimal("100.00"), answer="You are right", by=fay(), at=AT)
    adjustment = Adjustment.objects.get()
    assert balance("ada") == Decimal("200.00")
    page = reverse("dispute", args=[dispute.pk])
    assert "Finance granted 100.00. A second person has to approve it" in text(signed_in(owner_of("ada")).get(page))
    with pytest.raises(AdjustmentRefused):
        approve_adjustment(adjustment=adjustment, by=fay(), at=AT, on=AT.date())
    approve_adjustment(adjustment=adjustment, by=abe(), at=AT, on=AT.date())
    assert balance("ada") == Decimal("300.00")
    assert adjustment.dispute == dispute
    told = text(signed_in(owner_of("ada")).get(page))
    assert "100.00 was added to your balance on 1 January 2027" in told
    assert "You are right" in told
    lined.refresh_from_db()
    assert lined.amount == Decimal("200.00")


def test_declined_it_says_why_and_moves_nothing(lined: Commission) -> None:
    dispute = disputed(lined)
    decline_dispute(dispute=dispute, answer="The refund came in January", by=fay(), at=AT)
    told = text(signed_in(owner_of("ada")).get(reverse("dispute", args=[dispute.pk])))
    assert "The refund came in January" in told
    assert "The line stays as it is." in told
    assert balance("ada") == Decimal("200.00")
    assert not Adjustment.objects.exists()


def test_the_partner_is_told_of_the_answer(lined: Commission) -> None:
    dispute = disputed(lined)
    decline_dispute(dispute=dispute, answer="The refund came in January", by=fay(), at=AT)
    notices = Notice.objects.filter(key__startswith=f"dispute:{dispute.pk}:")
    assert owner_of("ada").email in {notice.recipient for notice in notices}
    assert all("The refund came in January" in notice.body for notice in notices)


def test_an_answer_is_given_once_and_with_words(lined: Commission) -> None:
    dispute = disputed(lined)
    with pytest.raises(AnswerRefused):
        accept_dispute(dispute=dispute, amount=Decimal("1.00"), answer=" ", by=fay(), at=AT)
    with pytest.raises(AdjustmentRefused):
        accept_dispute(dispute=dispute, amount=Decimal("0.00"), answer="Yes", by=fay(), at=AT)
    assert not Adjustment.objects.exists()
    decline_dispute(dispute=dispute, answer="No", by=fay(), at=AT)
    with pytest.raises(DisputeIsAnswered):
        accept_dispute(dispute=dispute, amount=Decimal("1.00"), answer="Yes", by=fay(), at=AT)
    assert not Adjustment.objects.exists()
    assert Dispute.objects.get().state == DisputeState.DECLINED


def test_finance_answers_in_the_admin(lined: Commission) -> None:
    dispute = disputed(lined)
    page = reverse("admin:commissions_dispute_change", args=[dispute.pk])
    finance = signed_in(fay())
    assert "They paid 1,500.00" in text(finance.get(page))
    file = reverse("admin:commissions_dispute_sent", args=[DisputeFile.objects.get().pk])
    assert finance.get(file).getvalue() == PDF
    wrong = finance.post(page, {"decision": "accept", "granted": "", "words": "Yes"})
    assert "grants an amount other than 0" in text(wrong)
    assert not Adjustment.objects.exists()
    assert finance.post(page, {"decision": "accept", "granted": "100.00", "words": "Yes"}).status_code == 302
    adjustment = Adjustment.objects.get()
    assert (adjustment.amount, adjustment.entered_by) == (Decimal("100.00"), fay())
    assert finance.post(page, {"decision": "decline", "words": "No"}).status_code == 403
    approve = {"action": "approve_chosen", "_selected_action": adjustment.pk}
    listing = reverse("admin:commissions_adjustment_changelist")
    assert "somebody else has to approve it" in text(finance.post(listing, approve, follow=True))
    assert balance("ada") == Decimal("200.00")
    signed_in(abe()).post(listing, approve)
    assert balance("ada") == Decimal("300.00")


def test_others_of_the_staff_do_not_answer(lined: Commission) -> None:
    dispute = disputed(lined)
    page = reverse("admin:commissions_dispute_change", args=[dispute.pk])
    file = reverse("admin:commissions_dispute_sent", args=[DisputeFile.objects.get().pk])
    for person in (sam(), owner_of("ada")):
        browser = signed_in(person)
        assert browser.post(page, {"decision": "decline", "words": "No"}).status_code in (302, 403)
        assert browser.get(file).status_code in (302, 404)
    assert Dispute.objects.get().is_open


def test_another_partners_dispute_is_not_there(lined: Commission) -> None:
    dispute = disputed(lined)
    file = DisputeFile.objects.get()
    before = Dispute.objects.values().get()
    browser = signed_in(owner_of("ben"))
    urls = (reverse("dispute", args=[dispute.pk]), reverse("dispute_file", args=[file.pk]), url_of(lined))
    for url in urls:
        for method in METHODS:
            assert getattr(browser, method)(url, {"comment": "Mine"}).status_code in (404, 405), (method, url)
    assert "They paid" not in text(browser.get("/disputes/"))
    assert Dispute.objects.values().get() == before


def test_after_the_end_nothing_new_is_disputed(lined: Commission) -> None:
    record(partner("ada", ended="2026-02-28", ended_by="partner"))
    answer = signed_in(owner_of("ada")).post(url_of(lined), {"comment": "Wrong"})
    assert answer.headers["Location"] == "/"
    assert not Dispute.objects.exists()


@pytest.mark.parametrize("change", [{"state": "accepted"}, {"state": "declined"}, {"state": "odd"}, {"comment": ""}])
def test_the_database_keeps_a_dispute_whole(lined: Commission, change: dict[str, str]) -> None:
    dispute = disputed(lined)
    with pytest.raises(IntegrityError), transaction.atomic():
        Dispute.objects.filter(pk=dispute.pk).update(**change)


def test_the_list_costs_the_same_with_1_dispute_and_with_40() -> None:
    keys = [f"c{number}" for number in range(40)]
    facts: list[Facts] = [part for key in keys for part in (client(key), monthly(key, "2026-01", "100.00"))]
    program(*facts)
    close("2026-01", by=fay())
    lines = list(Commission.objects.select_related("partner"))
    disputed(lines[0])
    few = [queries(url) for url in ("/disputes/", "/commissions/")]
    for line in lines[1:]:
        disputed(line)
    assert [queries(url) for url in ("/disputes/", "/commissions/")] == few


def queries(url: str) -> int:
    browser = signed_in(owner_of("ada"))
    browser.get(url)
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(url).status_code == 200
    return len(captured)
