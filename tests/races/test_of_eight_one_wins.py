"""Eight people do the same thing at the same moment: one does it, seven are told."""

import threading
from collections.abc import Callable

from django.db import connections

from affiliates.months import parse_month
from commissions.models import Commission, LedgerEntry, Period, Run
from commissions.services.run_period import run_period
from commissions.services.start_run import PeriodIsClosed
from payouts.models import InvoiceCounter, PartnerInvoice, Payout, ReferralReport
from payouts.services.approve_payout import ApprovalRefused, approve_payout
from payouts.services.close_period import close_period
from payouts.services.draw_invoice import draw_invoice
from payouts.services.move_payout import PayoutCannotMove
from payouts.services.present_invoice import InvoiceIsPresented, present_invoice
from payouts.services.present_payout import DrawnInvoice, EverythingIsPresented, present_payout
from payouts.services.settle_payout import pay_payout
from tests.cast import AT, abe, balance, client, clock, close_months, day, fay, monthly, owner_of, program, record, run
from tests.conftest import Databases
from tests.payouts.finance import opened_payout, ready_payout

EIGHT = 8


def all_at_once(step: Callable[[], object]) -> list[object]:
    """This function will do a step in eight threads at once, and give what each returned or raised."""
    outcomes: list[object] = []
    gate = threading.Barrier(EIGHT)

    def work() -> None:
        try:
            gate.wait()
            outcomes.append(step())
        except Exception as error:  # noqa: BLE001 - What was raised is what the test looks at.
            outcomes.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(EIGHT)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def failures(outcomes: list[object]) -> list[type]:
    return [type(outcome) for outcome in outcomes if isinstance(outcome, Exception)]


def test_eight_close_a_period_and_one_wins(real_db: Databases) -> None:
    program(client("acme"), monthly("acme", "2026-03", "1000.00"))
    run("2026-03")
    outcomes = all_at_once(lambda: close_period(month=parse_month("2026-03"), by=None, at=AT))
    assert failures(outcomes) == [PeriodIsClosed] * 7
    assert LedgerEntry.objects.count() == Payout.objects.count() == Period.objects.closed().count() == 1


def test_eight_approve_a_payout_and_one_wins(real_db: Databases) -> None:
    payout, by = ready_payout(), abe()
    outcomes = all_at_once(lambda: approve_payout(payout=payout, by=by, at=AT))
    assert failures(outcomes) == [ApprovalRefused] * 7
    assert payout.steps.filter(state="approved").count() == 1


def test_eight_pay_a_payout_and_one_wins(real_db: Databases) -> None:
    payout = approve_payout(payout=ready_payout(), by=abe(), at=AT)
    by = fay()
    outcomes = all_at_once(lambda: pay_payout(payout=payout, on=day("2027-01-02"), by=by, at=AT))
    assert failures(outcomes) == [PayoutCannotMove] * 7
    assert balance("ada") == 0


def test_eight_run_a_period_and_every_amount_is_there_once(real_db: Databases) -> None:
    program(*(client(f"c{n}") + monthly(f"c{n}", "2026-03", "100.00") for n in range(20)))
    outcomes = all_at_once(lambda: run_period(month=parse_month("2026-03"), by=None, clock=clock(AT), full=True))
    assert failures(outcomes) == []
    assert Run.objects.get().state == "done"
    assert Commission.objects.count() == 20
    assert Run.objects.get().posted == 400


def test_eight_record_the_same_facts_and_they_are_there_once(real_db: Databases) -> None:
    program()
    facts = client("acme"), monthly("acme", "2026-03", "1000.00")
    outcomes = all_at_once(lambda: record(*facts))
    assert failures(outcomes) == []
    assert sum(bool(getattr(outcome, "written", {})) for outcome in outcomes) == 1


def test_eight_present_a_payout_and_there_is_one_report_and_one_number(real_db: Databases) -> None:
    payout = opened_payout()
    by = owner_of("ada")
    outcomes = all_at_once(
        lambda: present_payout(payout=payout, note="", invoice=DrawnInvoice(), by=by, at=AT),
    )
    assert failures(outcomes) == [EverythingIsPresented] * 7
    assert ReferralReport.objects.count() == PartnerInvoice.objects.count() == 1
    assert (PartnerInvoice.objects.get().number, InvoiceCounter.objects.get().last) == ("ada-0001", 1)


def test_eight_send_the_same_invoice_and_it_is_there_once(real_db: Databases) -> None:
    payout = opened_payout()
    by = owner_of("ada")
    outcomes = all_at_once(
        lambda: present_invoice(
            payout=payout, number="R-7", dated_on=day("2026-04-02"), amount=payout.amount, by=by, at=AT
        ),
    )
    assert failures(outcomes) == [InvoiceIsPresented] * 7
    assert PartnerInvoice.objects.count() == 1


def test_months_that_are_drawn_at_once_have_numbers_without_a_gap(real_db: Databases) -> None:
    months = [f"2026-{month:02}" for month in range(1, EIGHT + 1)]
    program(client("acme"), *(monthly("acme", month, "1000.00") for month in months))
    close_months(months[0], months[-1])
    payouts = list(Payout.objects.all())
    by = owner_of("ada")
    outcomes = all_at_once(lambda: draw_invoice(payout=payouts.pop(), by=by, at=AT))
    assert failures(outcomes) == []
    numbers = sorted(PartnerInvoice.objects.values_list("number", flat=True))
    assert numbers == [f"ada-{place:04d}" for place in range(1, EIGHT + 1)]
