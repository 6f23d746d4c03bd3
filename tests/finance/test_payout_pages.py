"""Finance's pages of payouts: the queue, one payout with its evidence, and approving what was looked at."""

from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from payouts.models import Payout
from payouts.services.draw_invoice import draw_invoice
from payouts.services.hold_payout import hold_payout
from tests.cast import AT, abe, another_abe, balance, fay, owner_of, pam, record, refund, sam
from tests.finance.pages import page, send, signed_in, text_of
from tests.finance.paying import approved_payouts, filed, ready_payouts
from tests.payouts.finance import opened_payout

pytestmark = pytest.mark.django_db


def said(user: User, name: str, *arguments: object) -> str:
    answer = page(user, name, *arguments)
    assert answer.status_code == 200
    return text_of(answer)


def sent(user: User, name: str, *arguments: object, **fields: object) -> Any:
    """What somebody gets who sends a form with fields that can come more than once."""
    with time_machine.travel(AT, tick=False):
        return signed_in(user, confirmed=True).post(reverse(name, args=arguments), fields, follow=True)


def hidden(answer: Any, name: str) -> list[str]:
    """The values of a form's hidden fields."""
    fields = answer.content.decode().split(f'<input type="hidden" name="{name}" value="')[1:]
    return [field.split('"')[0] for field in fields]


def looked_at(user: User, *payouts: Payout) -> dict[str, object]:
    """What the page of approval carries after somebody looked at these payouts."""
    with time_machine.travel(AT, tick=False):
        found = {"chosen": [each.pk for each in payouts]}
        answer = signed_in(user, confirmed=True).get(reverse("staff_payouts_approve"), found)
    assert answer.status_code == 200
    return {"seen": hidden(answer, "seen")[0], "chosen": hidden(answer, "chosen")}


def test_the_queue_shows_each_state_with_its_count_and_sum() -> None:
    payouts = ready_payouts("ada", "ben")
    hold_payout(payout=payouts[1], reason="We ask about a client", by=fay(), at=AT)
    text = said(fay(), "staff_payouts")
    assert "Ready 1 · 200.00 USD" in text
    assert "Held 1 · 200.00 USD" in text
    assert "Ada Partners" in text
    assert "Ben Partners" not in text
    assert "We ask about a client" in said(fay(), "staff_payouts_in", "held")


def test_what_waits_says_for_what() -> None:
    opened_payout()
    text = said(fay(), "staff_payouts_in", "waiting")
    assert "No version is published and 4 things more" in text


def test_the_queue_costs_the_same_for_one_and_for_twenty() -> None:
    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            said(fay(), "staff_payouts_in", "ready")
        return len(queries)

    ready_payouts("ada")
    page(fay(), "staff_payouts")
    one = cost()
    ready_payouts(*(f"p{number}" for number in range(12)), month="2026-04")
    assert cost() == one


def test_a_csv_of_the_queue_is_safe_to_open() -> None:
    ready_payouts("ada")
    with time_machine.travel(AT, tick=False):
        answer: Any = signed_in(fay()).get(reverse("staff_payouts"), {"format": "csv"})
    assert b"Ada Partners,ada,March 2026,200.00,0.00,,Somebody who approves it" in b"".join(answer.streaming_content)


def test_one_payout_shows_the_evidence_of_each_gate() -> None:
    payout = ready_payouts("ada")[0]
    text = said(abe(), "staff_payout", payout.pk)
    for words in (
        "Signed Olga Owner",
        "Number ••6789",
        "Account Bank account (ACH) ••0001",
        "Its lines",
        "It says It should say Amount 200.00 USD 200.00 USD",
        "Abe may",
    ):
        assert words in text, words


def test_it_shows_who_may_not_approve_before_the_click() -> None:
    payout = ready_payouts("ada", by=abe())[0]
    text = said(abe(), "staff_payout", payout.pk)
    assert "You cannot approve it. Abe computed or closed 2026-03" in text
    another_abe()
    assert "Zoe may" in said(fay(), "staff_payout", payout.pk)


def test_withheld_amounts_stand_with_the_facts_behind_them() -> None:
    payout = ready_payouts("ada")[0]
    record(refund("client-ada-2026-03-paid", "250.00", "2026-04-10"))
    text = said(fay(), "staff_payout", payout.pk)
    assert "To be withheld: 50.00" in text
    assert "200.00 was posted, 150.00 is due. Refund of 250.00 on invoice client-ada-2026-03, 10 April 2026." in text


def test_the_invoice_is_a_picture_beside_the_numbers_and_a_file_to_save() -> None:
    payout = opened_payout()
    draw_invoice(payout=payout, by=owner_of("ada"), at=AT)
    picture = page(fay(), "staff_payout_invoice_picture", payout.pk)
    assert picture.content.startswith(b"\xff\xd8\xff")
    saved = page(fay(), "staff_payout_invoice", payout.pk)
    assert saved["Content-Disposition"].startswith("attachment")
    assert b"".join(saved.streaming_content).startswith(b"%PDF-")
    assert page(fay(), "staff_payout_acceptance", payout.pk).status_code == 404


def test_the_acceptance_is_at_hand() -> None:
    payout = ready_payouts("ada")[0]
    assert page(fay(), "staff_payout_acceptance", payout.pk).content.startswith(b"%PDF-")


def test_two_are_approved_at_once_as_they_were_seen() -> None:
    payouts = ready_payouts("ada", "ben")
    answer = sent(abe(), "staff_payouts_approve", **looked_at(abe(), *payouts))
    assert "2 payouts over 400.00 USD approved" in text_of(answer)
    assert set(Payout.objects.values_list("state", flat=True)) == {"approved"}


def test_a_change_stops_the_approval_and_the_page_says_which() -> None:
    payouts = ready_payouts("ada", "ben")
    form = looked_at(abe(), *payouts)
    record(refund("client-ada-2026-03-paid", "250.00", "2026-04-10"))
    answer = sent(abe(), "staff_payouts_approve", **form)
    assert answer.status_code == 409
    assert "Payable was 200.00, is now 150.00" in text_of(answer)
    assert set(Payout.objects.values_list("state", flat=True)) == {"ready"}
    again = {"seen": hidden(answer, "seen")[0], "chosen": hidden(answer, "chosen")}
    assert "2 payouts over 350.00 USD approved" in text_of(sent(abe(), "staff_payouts_approve", **again))


def test_the_button_pressed_twice_says_that_it_is_done() -> None:
    payout = ready_payouts("ada")[0]
    form = looked_at(abe(), payout)
    first, again = (sent(abe(), "staff_payouts_approve", **form) for _ in range(2))
    assert first.redirect_chain == again.redirect_chain
    assert "The payout was approved already, by Abe." in text_of(again)
    assert payout.steps.filter(state="approved").count() == 1


def test_a_payment_by_hand_is_of_no_day_before_the_approval() -> None:
    payout = approved_payouts("ada")[0]
    answer = send(fay(), "staff_payout_pay", payout.pk, on="2020-01-01")
    assert answer.status_code == 422
    assert "Before 1 January 2027 it was not approved or paid yet" in text_of(answer)
    payout.refresh_from_db()
    assert payout.state == "approved"


def test_what_somebody_else_saw_is_not_ones_own_approval() -> None:
    payouts = ready_payouts("ada")
    form = looked_at(abe(), *payouts)
    assert "the page was too old" in text_of(sent(another_abe(), "staff_payouts_approve", **form))
    assert Payout.objects.get().state == "ready"


def test_approving_asks_who_it_is_once_more() -> None:
    payout = ready_payouts("ada")[0]
    client = signed_in(abe())
    address = f"{reverse('staff_payouts_approve')}?chosen={payout.pk}"
    for answer in (client.get(address), client.post(address, {"chosen": payout.pk})):
        assert answer.status_code == 302
    assert "reauthenticate" in client.get(address).headers["Location"]
    assert Payout.objects.get().state == "ready"


def test_a_payout_that_cannot_be_approved_is_left_out_with_its_reason() -> None:
    payouts = ready_payouts("ada", "ben")
    hold_payout(payout=payouts[0], reason="A question", by=fay(), at=AT)
    with time_machine.travel(AT, tick=False):
        answer = signed_in(abe(), confirmed=True).get(
            reverse("staff_payouts_approve"), {"chosen": [each.pk for each in payouts]}
        )
    text = text_of(answer)
    assert "Left out. It is held; only a ready one can be approved" in text
    assert "Approve 1 payout over 200.00 USD" in text


def test_holding_needs_a_reason_and_releasing_brings_it_back() -> None:
    payout = ready_payouts("ada")[0]
    answer = send(fay(), "staff_payout_hold", payout.pk, reason=" ")
    assert answer.status_code == 422
    assert Payout.objects.get().state == "ready"
    send(fay(), "staff_payout_hold", payout.pk, reason="A question")
    assert Payout.objects.get().state == "held"
    answer = send(fay(), "staff_payout_hold", payout.pk, reason="A question")
    assert "is held; from there it cannot become held" in text_of(answer)
    send(fay(), "staff_payout_release", payout.pk)
    assert Payout.objects.get().state == "ready"


def test_a_transfer_by_hand_is_noted_as_paid_and_as_come_back() -> None:
    payout = ready_payouts("ada")[0]
    sent(abe(), "staff_payouts_approve", **looked_at(abe(), payout))
    assert send(fay(), "staff_payout_pay", payout.pk, on="2027-02-01").status_code == 422
    send(fay(), "staff_payout_pay", payout.pk, on="2027-01-01")
    assert (Payout.objects.get().state, balance("ada")) == ("paid", Decimal("0.00"))
    send(fay(), "staff_payout_fail", payout.pk, on="2027-01-01", reason="Account closed")
    assert (Payout.objects.get().state, balance("ada")) == ("failed", Decimal("200.00"))


def test_what_is_with_the_bank_offers_no_steps() -> None:
    payout = filed("ada").lines.get().payout
    text = said(fay(), "staff_payout", payout.pk)
    assert "It is with the bank in payment file" in text
    assert "Hold it" not in text


@pytest.mark.parametrize("somebody", [sam, pam, fay])
def test_who_may_not_approve_gets_no_page(somebody: Any) -> None:
    ready_payouts("ada")
    assert page(somebody(), "staff_payouts_approve").status_code == 403
