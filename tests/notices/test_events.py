"""What happens to money and to the partnership is told once, to the right people and only to them."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest

from accounts.rights import NotPermitted
from affiliates.models import AgreementVersion
from affiliates.models.agreement import ViolationState
from affiliates.models.partner import EndedBy
from affiliates.services.accept_agreement import publish_version
from affiliates.services.end_partnership import NoticeRefused, end_partnership
from affiliates.services.open_violation import ViolationIsDecided, decide_violation, open_violation
from clients.recording.problems import FactsRefused
from notices.models import Notice, NoticeKind, Pace
from payouts.models import Payout
from payouts.services.approve_payout import approve_payout
from payouts.services.close_period import close_period
from payouts.services.hold_payout import ReasonIsMissing, cancel_payout, hold_payout, release_payout
from payouts.services.move_payout import PayoutCannotMove
from payouts.services.settle_payout import fail_payout, pay_payout
from tests.cast import (
    AT,
    abe,
    chargeback,
    client,
    close,
    day,
    fay,
    monthly,
    owner_of,
    pam,
    partner,
    program,
    record,
    refund,
    run,
    the_partner,
    won_back,
)  # fmt: skip
from tests.notices.readers import both, everybody, heard, mia, people, refused, statements, told, wants
from tests.payouts.finance import ready_payout

pytestmark = pytest.mark.django_db


# -- A closed month ---------------------------------------------------------------------------------------


def a_month(*partners: str) -> None:
    clients = [client(f"c-{key}", key) for key in partners]
    program(*clients, *(monthly(f"c-{key}", "2026-03", "1000.00") for key in partners))
    people()


def test_a_closed_month_tells_each_partner_with_a_payout_what_to_present() -> None:
    a_month("ada")
    run("2026-03")
    step = lambda: close_period(month=day("2026-03-01"), by=fay(), at=AT)  # noqa: E731
    assert heard(step, NoticeKind.MONTH_CLOSED) == both("March 2026 is closed: 200.00 USD for you")
    notice = Notice.objects.all()[0]
    assert notice.path == f"/payouts/{Payout.objects.get().pk}/"
    assert "the referral report and an invoice of 200.00 USD" in notice.body
    refused(step, Exception)


def test_a_month_with_nothing_to_pay_tells_nobody() -> None:
    program()
    people()
    close("2026-03")
    assert told() == []


def test_closing_takes_no_more_statements_for_more_partners() -> None:
    """The first month of a program is closed with other statements than the later ones."""
    by, counts = fay(), []
    for month, keys in (("2026-03", ("ada",)), ("2026-04", ("ada",)), ("2026-05", ("ada", "ben", "eve", "joe"))):
        record(*(partner(key) for key in keys), *(client(f"c-{key}", key) for key in keys))
        record(*(monthly(f"c-{key}", month, "1000.00") for key in keys))
        run(month)
        first = day(f"{month}-01")
        counts.append(statements(partial(close_period, month=first, by=by, at=AT)))
    assert counts[1] == counts[2]
    assert Notice.objects.filter(kind=NoticeKind.MONTH_CLOSED).count() == 6


def test_a_month_that_cannot_close_tells_nobody() -> None:
    a_month("ada")
    refused(lambda: close_period(month=day("2026-03-01"), by=fay(), at=AT), Exception)


# -- Payouts ----------------------------------------------------------------------------------------------


def a_payout() -> Payout:
    payout = ready_payout()
    people()
    return payout


def test_a_payout_is_told_from_its_approval_to_the_bank_and_back() -> None:
    payout, kind = a_payout(), NoticeKind
    approved = heard(lambda: approve_payout(payout=payout, by=abe(), at=AT), kind.PAYOUT_APPROVED)
    assert approved == both("The payout of March 2026 is approved")
    paid = heard(lambda: pay_payout(payout=payout, on=AT.date(), by=abe(), at=AT), kind.PAYOUT_PAID)
    assert paid == both("The payout of March 2026 is paid")
    assert "200.00 USD was sent to your payout method on 1 January 2027." in Notice.objects.all()[0].body
    failed = heard(
        lambda: fail_payout(payout=payout, on=AT.date(), reason="Account closed", by=abe(), at=AT), kind.PAYOUT_FAILED
    )
    assert failed == everybody("The payout of March 2026 did not arrive")
    assert "The reason: Account closed" in Notice.objects.all()[0].body


def test_a_second_approval_is_told_anew() -> None:
    payout = a_payout()
    approve_payout(payout=payout, by=abe(), at=AT)
    hold_payout(payout=payout, reason="A question", by=fay(), at=AT)
    release_payout(payout=payout, by=fay(), at=AT)
    assert heard(lambda: approve_payout(payout=payout, by=abe(), at=AT), NoticeKind.PAYOUT_APPROVED) == both(
        "The payout of March 2026 is approved"
    )


def test_what_is_withheld_is_said() -> None:
    payout = a_payout()
    record(chargeback("acme-2026-03-paid", "250.00", "2026-04-05"))
    approve_payout(payout=payout, by=abe(), at=AT)
    body = Notice.objects.filter(kind=NoticeKind.PAYOUT_APPROVED)[0].body
    assert "150.00 USD will be sent" in body
    assert "50.00 USD is withheld" in body


@pytest.mark.parametrize(("stop", "what"), [(hold_payout, "held"), (cancel_payout, "cancelled")])
def test_a_payout_that_is_stopped_is_told_with_the_reason(stop: Callable[..., Payout], what: str) -> None:
    payout = a_payout()
    refused(lambda: stop(payout=payout, reason=" ", by=fay(), at=AT), ReasonIsMissing)
    step = lambda: stop(payout=payout, reason="The invoice is a draft", by=fay(), at=AT)  # noqa: E731
    assert heard(step, NoticeKind.PAYOUT_HELD) == everybody(f"The payout of March 2026 is {what}")
    assert "The reason: The invoice is a draft" in Notice.objects.all()[0].body
    refused(step, PayoutCannotMove)


def test_an_approval_that_is_refused_tells_nobody() -> None:
    payout = a_payout()
    refused(lambda: approve_payout(payout=payout, by=fay(), at=AT), NotPermitted)
    refused(lambda: pay_payout(payout=payout, on=AT.date(), by=abe(), at=AT), PayoutCannotMove)


def test_who_wants_no_mail_of_payments_still_hears_of_failed_ones() -> None:
    payout = a_payout()
    for person in (owner_of("ada"), mia()):
        wants(person, NoticeKind.PAYOUT_APPROVED, Pace.OFF)
    assert heard(lambda: approve_payout(payout=payout, by=abe(), at=AT), NoticeKind.PAYOUT_APPROVED) == []
    step = lambda: fail_payout(payout=payout, on=AT.date(), reason="No", by=abe(), at=AT)  # noqa: E731
    assert len(heard(step, NoticeKind.PAYOUT_FAILED)) == 3


# -- Chargebacks ------------------------------------------------------------------------------------------


def test_a_chargeback_is_told_at_once_to_every_member_and_the_address() -> None:
    a_month("ada", "ben")
    facts = chargeback("c-ada-2026-03-paid", "1000.00", "2026-04-05")
    assert heard(lambda: record(facts), NoticeKind.CHARGEBACK) == everybody("A chargeback by C-Ada Inc.")
    assert heard(lambda: record(facts), NoticeKind.CHARGEBACK) == []
    assert not Notice.objects.filter(is_daily=True).exists()


def test_refunds_and_chargebacks_won_are_not_told() -> None:
    a_month("ada")
    record(chargeback("c-ada-2026-03-paid", "10.00", "2026-04-05"))
    before = told()
    record(refund("c-ada-2026-03-paid", "1.00", "2026-04-06"), won_back("c-ada-2026-03-paid", "10.00", "2026-04-07"))
    assert told() == before


def test_facts_that_are_refused_tell_nobody() -> None:
    a_month("ada")
    paid = "c-ada-2026-03-paid"
    refused(
        lambda: record(chargeback(paid, "10.00", "2026-04-05"), chargeback("nothing", "1.00", "2026-04-05")),
        FactsRefused,
    )


# -- The Agreement ----------------------------------------------------------------------------------------


def publish(number: str = "2") -> AgreementVersion:
    return publish_version(number=number, title="Terms", text="…", by=pam(), at=AT)


def test_a_new_version_asks_every_partner_that_has_not_ended() -> None:
    program()
    people()
    record(partner("ben", ended="2026-06-30", ended_by="company"))
    assert heard(publish, NoticeKind.AGREEMENT) == everybody("Version 2 of the Agreement is there to accept")
    refused(publish, Exception)


def test_a_version_is_published_in_as_many_statements_for_many_partners() -> None:
    program()
    pam()
    people()
    few = statements(lambda: publish("2"))
    record(*(partner(f"p{number}") for number in range(20)))
    assert statements(lambda: publish("3")) == few


def test_a_breach_and_its_cure_are_told() -> None:
    program()
    people()
    violation = open_violation(
        partner=the_partner("ada"), clause="6", evidence="Spam", notice_on=day("2026-12-30"), by=pam(), at=AT
    )
    assert sorted(told(NoticeKind.VIOLATION)) == everybody("Notice of a breach of clause 6")
    body = Notice.objects.all()[0].body
    assert "Spam" in body
    assert "cure it until 14 January 2027" in body
    cure = lambda: decide_violation(  # noqa: E731
        violation=violation, to=ViolationState.CURED, on=AT.date(), by=pam(), at=AT
    )
    assert heard(cure, NoticeKind.VIOLATION) == everybody("The breach of clause 6 is cured")
    refused(cure, ViolationIsDecided)


SIDES = [(EndedBy.PARTNER, "You gave notice"), (EndedBy.COMPANY, "We give you notice")]


@pytest.mark.parametrize(("side", "word"), SIDES)
def test_notice_of_termination_is_told_whoever_gave_it(side: EndedBy, word: str) -> None:
    program()
    people()

    def give(days: int) -> object:
        return end_partnership(
            partner=the_partner("ada"), given_by=side, given_on=AT.date(),
            effective_on=AT.date() + timedelta(days=days), reason="We part", by=pam(), at=AT,
        )  # fmt: skip

    refused(lambda: give(2), NoticeRefused)
    assert heard(lambda: give(3), NoticeKind.TERMINATION) == everybody("The partnership ends on 4 January 2027")
    assert word in Notice.objects.all()[0].body
    refused(lambda: give(4), NoticeRefused)
    assert Payout.objects.filter(amount__gt=Decimal(0)).count() == 0
