"""A chargeback with its whole story, and the review that repeated ones raise."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry
from affiliates.services.letterhead import letterhead
from clients.models import ChargebackReview, Reversal
from clients.services.decide_review import DecisionRefused, ReviewIsDecided, decide_review
from notices.models import Notice
from notices.services.send_notice import send_notice
from tests.cast import (
    AT,
    chargeback,
    client,
    close,
    fay,
    invoice,
    line,
    monthly,
    pam,
    payment,
    program,
    record,
    won_back,
)
from tests.finance.pages import page, send, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def earned() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    close("2026-01")


def charged(*days: str) -> None:
    record(*(chargeback("acme-2026-01-paid", "100.00", on, key=f"CB{number}") for number, on in enumerate(days)))


def story(key: str = "CB0") -> str:
    return text_of(page(fay(), "staff_chargeback", Reversal.objects.get(reference=key).pk))


def test_its_story_is_told_from_the_invoice_to_the_commission_it_took() -> None:
    charged("2026-02-10")
    before = story()
    assert "Invoice acme-2026-01 issued 1 Jan 2026 1,000.00" in before
    assert "Payment acme-2026-01-paid received 10 Jan 2026 1,000.00" in before
    assert "Chargeback CB0, this one 10 Feb 2026 \N{MINUS SIGN}100.00" in before
    assert "No run has seen it yet" in before
    close("2026-02")
    after = story()
    assert "The run of February 2026 took it back: Ada Partners, service in January 2026 \N{MINUS SIGN}20.00" in after
    assert "Not won back" in after
    record(won_back("acme-2026-01-paid", "100.00", "2026-03-01"))
    assert "Chargeback won back acme-2026-01-paid-chargeback_won-2026-03-01 1 Mar 2026 100.00" in story()


def test_what_never_earned_has_nothing_to_take_back() -> None:
    record(invoice("T", "acme", "2026-02-01", line("50.00", "tax")), payment("T-paid", "T", "50.00", "2026-02-02"))
    record(chargeback("T-paid", "50.00", "2026-02-03", key="CB0"))
    assert "nothing was earned that could be taken back" in story()


def test_it_says_when_the_partner_was_told_and_when_that_was_sent() -> None:
    charged("2026-02-10")
    assert "ada@partners.example 1 Jan 2027, 04:00 On its way" in story()
    notice = Notice.objects.get(key="chargeback:CB0")
    send_notice(notice_id=notice.pk, letterhead=letterhead(), at=AT + timedelta(minutes=1))
    assert "ada@partners.example 1 Jan 2027, 04:00 1 Jan 2027, 04:01 Sent" in story()
    assert "sent 1 Jan 2027, 04:01" in text_of(page(fay(), "staff_chargebacks"))


def test_a_key_that_begins_like_another_is_told_apart() -> None:
    charged("2026-02-10")
    record(chargeback("acme-2026-01-paid", "1.00", "2026-02-11", key="CB0:7"))
    found = Notice.objects.under(["chargeback:CB0", "chargeback:CB0:7"])
    assert [[notice.key for notice in each] for each in found.values()] == [["chargeback:CB0"], ["chargeback:CB0:7"]]
    assert Notice.objects.under([]) == {}


def test_the_list_is_filtered_by_month_and_goes_to_a_file() -> None:
    charged("2026-02-10", "2026-03-11")
    assert "10 Feb 2026" not in text_of(page(fay(), "staff_chargebacks", month="2026-03"))
    assert "Nothing fits" in text_of(page(fay(), "staff_chargebacks", month="soon"))
    rows = page(fay(), "staff_chargebacks", format="csv").getvalue().decode().splitlines()
    assert rows[1].startswith("CB1,2026-03-11,acme,Acme Inc.,ada,acme-2026-01,acme-2026-01-paid,100.00,,2027-01-01")


def test_the_list_makes_as_many_queries_for_nine_as_for_one() -> None:
    def queries() -> int:
        page(fay(), "staff_chargebacks")
        with CaptureQueriesContext(connection) as captured:
            page(fay(), "staff_chargebacks")
        return len(captured)

    charged("2026-02-10")
    few = queries()
    days = [f"2026-03-{number:02d}" for number in range(10, 18)]
    record(*(chargeback("acme-2026-01-paid", "1.00", on) for on in days))
    assert queries() == few


def test_three_raise_a_review_that_a_manager_decides_with_words() -> None:
    charged("2026-02-10", "2026-02-11", "2026-02-12")
    review = ChargebackReview.objects.get()
    assert "1 review waits to be decided." in text_of(page(fay(), "staff_chargebacks"))
    said = text_of(page(fay(), "staff_review", review.pk))
    assert said.count("Acme Inc.") == 3
    assert "A program manager decides it." in said
    assert send(fay(), "staff_review_decide", review.pk, decision="Fine").status_code == 403
    assert send(pam(), "staff_review_decide", review.pk, decision=" ").status_code == 422
    review.refresh_from_db()
    assert review.decided_at is None
    said = text_of(send(pam(), "staff_review_decide", review.pk, decision="One client, fraud of its own"))
    assert "One client, fraud of its own 1 Jan 2027, 04:00, Pam" in said
    entry = AuditEntry.objects.get(action="chargeback review decided")
    assert (entry.by, entry.subject) == (pam(), "partner ada")
    again = text_of(send(pam(), "staff_review_decide", review.pk, decision="Something else"))
    assert "The review was decided already, by Pam; what was decided stays." in again
    assert ChargebackReview.objects.get().decision == "One client, fraud of its own"


def test_the_service_refuses_what_the_page_refuses() -> None:
    charged("2026-02-10", "2026-02-11", "2026-02-12")
    review = ChargebackReview.objects.get()
    with pytest.raises(DecisionRefused):
        decide_review(review=review, decision="", by=pam(), at=AT)
    decide_review(review=review, decision="Fine", by=pam(), at=AT)
    with pytest.raises(ReviewIsDecided):
        decide_review(review=review, decision="Not fine", by=pam(), at=AT)
