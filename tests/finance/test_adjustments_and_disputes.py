"""Adjustments by two people, and disputes answered with the reason of the line beside them."""

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from commissions.models import Adjustment, Commission, Dispute, DisputeState
from commissions.services.open_dispute import open_dispute
from notices.models import Notice, NoticeKind
from parts.uploads import UploadField
from tests.cast import AT, abe, all_rows, balance, client, close, fay, monthly, owner_of, pam, program, the_partner
from tests.finance.pages import page, send, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def closed() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    close("2026-01")


def disputed() -> Dispute:
    owner, file = owner_of("ada"), SimpleUploadedFile("proof.pdf", b"%PDF-1.7\n%%EOF\n")
    return open_dispute(
        partner=the_partner("ada"),
        commission_id=Commission.objects.get().pk,
        comment="They paid more",
        files=[UploadField().clean(file)],
        by=owner,
        at=AT,
    )


def money() -> dict[str, list[str]]:
    rows = all_rows()
    names = ("commissions_adjustment", "commissions_ledgerentry", "commissions_dispute", "notices_notice")
    return {name: rows[name] for name in names}


# -- Adjustments ------------------------------------------------------------------------------------------


def test_one_enters_another_approves_and_it_is_in_the_balance() -> None:
    said = text_of(send(fay(), "staff_adjustment_new", partner="ADA", amount="-25.50", reason="Paid twice in 2025"))
    assert "You entered it, so somebody else of finance has to approve it." in said
    assert "Approve it" not in said
    entered = Adjustment.objects.get()
    assert balance("ada") == Decimal("200.00")
    waiting = text_of(page(abe(), "staff_adjustments", state="open"))
    assert "To be approved 1 Jan 2027, 04:00 Fay Ada Partners Paid twice in 2025 \N{MINUS SIGN}25.50" in waiting
    assert "Approve it" in text_of(page(abe(), "staff_adjustment", entered.pk))
    assert "is in the ledger" in text_of(send(abe(), "staff_adjustment_approve", entered.pk))
    assert balance("ada") == Decimal("174.50")


def test_nobody_approves_what_they_entered_nor_twice() -> None:
    send(fay(), "staff_adjustment_new", partner="ada", amount="5", reason="Goodwill")
    entered = Adjustment.objects.get()
    before = money()
    assert "somebody else has to approve it" in text_of(send(fay(), "staff_adjustment_approve", entered.pk))
    assert send(pam(), "staff_adjustment_approve", entered.pk).status_code == 403
    assert money() == before
    send(abe(), "staff_adjustment_approve", entered.pk)
    before = money()
    assert "It was approved already" in text_of(send(abe(), "staff_adjustment_approve", entered.pk))
    assert money() == before


@pytest.mark.parametrize(
    ("field", "value"), [("partner", "nobody"), ("amount", "0"), ("amount", "much"), ("reason", " ")]
)
def test_an_adjustment_that_lacks_something_is_not_entered(field: str, value: str) -> None:
    fields = {"partner": "ada", "amount": "5.00", "reason": "Goodwill"}
    assert send(fay(), "staff_adjustment_new", **fields | {field: value}).status_code == 422
    assert not Adjustment.objects.exists()


def test_who_acts_for_a_partner_decides_nothing_about_its_money() -> None:
    the_partner("ada").memberships.create(user=fay(), role="member")
    answer = send(fay(), "staff_adjustment_new", partner="ada", amount="5", reason="Mine")
    assert answer.status_code == 422
    assert "somebody else has to decide about its money" in text_of(answer)


# -- Disputes ---------------------------------------------------------------------------------------------


def test_the_reason_stands_beside_what_the_partner_says() -> None:
    dispute = disputed()
    said = text_of(page(fay(), "staff_dispute", dispute.pk))
    for words in ("They paid more", "proof.pdf", "20 % of 1,000.00 is 200.00.", "Your answer"):
        assert words in said.replace("\N{NO-BREAK SPACE}", " ")
    assert "Your answer" not in text_of(page(pam(), "staff_dispute", dispute.pk))
    file = page(fay(), "staff_dispute_file", dispute.files.get().pk)
    assert file.getvalue().startswith(b"%PDF-")
    assert "attachment" in file.headers["Content-Disposition"]
    queue = text_of(page(fay(), "staff_disputes"))
    assert "Open 1 Jan 2027, 04:00 Ada Partners Acme Inc. Jan 2026, run of Jan 2026 200.00" in queue


def test_accepting_enters_an_adjustment_for_a_second_person_and_tells_the_partner() -> None:
    dispute = disputed()
    send(fay(), "staff_dispute_answer", dispute.pk, decision="accept", granted="12.00", words="You are right")
    dispute.refresh_from_db()
    assert (dispute.state, dispute.answered_by) == (DisputeState.ACCEPTED, fay())
    assert dispute.adjustment is not None
    assert (dispute.adjustment.amount, dispute.adjustment.approved_at) == (Decimal("12.00"), None)
    assert Notice.objects.filter(kind=NoticeKind.DISPUTE, is_daily=False).exists()
    assert "The dispute that it grants" in text_of(page(abe(), "staff_adjustment", dispute.adjustment.pk))


def test_declining_says_why_and_the_second_answer_is_refused() -> None:
    dispute = disputed()
    send(fay(), "staff_dispute_answer", dispute.pk, decision="decline", granted="", words="The rate is right")
    before = money()
    said = text_of(send(abe(), "staff_dispute_answer", dispute.pk, decision="accept", granted="1", words="Yes"))
    assert "is declined already; what was answered stays." in said
    assert "The rate is right" in said
    assert money() == before


@pytest.mark.parametrize(
    "fields",
    [
        {"decision": "accept", "granted": "", "words": "Yes"},
        {"decision": "accept", "granted": "0", "words": "Yes"},
        {"decision": "decline", "granted": "", "words": " "},
        {"decision": "", "granted": "1", "words": "Yes"},
    ],
)
def test_half_an_answer_answers_nothing(fields: dict[str, str]) -> None:
    dispute = disputed()
    before = money()
    assert send(fay(), "staff_dispute_answer", dispute.pk, **fields).status_code == 422
    assert send(pam(), "staff_dispute_answer", dispute.pk, **fields).status_code == 403
    assert money() == before
