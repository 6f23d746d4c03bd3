"""How the demo's months were closed and its payouts made, by the people who do that."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial

from affiliates.models import Program
from affiliates.money import show_money
from affiliates.months import add_months, show_month
from commissions.services.run_period import run_period
from payouts.documents.bank_answers import Answer, Outcome
from payouts.documents.banking_days import first_banking_day
from payouts.models import AccountKind, FileFormat, Filer, LineState, PaymentLine, Payout, PayoutState
from payouts.services.approve_payout import ApprovalRefused, approve_payout
from payouts.services.close_period import close_period
from payouts.services.enter_account import enter_account
from payouts.services.hold_payout import hold_payout, release_payout
from payouts.services.make_payment_file import make_payment_file
from payouts.services.present_invoice import present_invoice
from payouts.services.present_report import present_report
from payouts.services.record_answers import record_answers
from payouts.services.refresh_payout import refresh_payout
from payouts.services.set_up_books import set_filer
from payouts.services.settle_payout import fail_payout
from portal.demo.days import Days, day_of
from portal.demo.diary import Entry
from portal.demo.names import dice, slug
from portal.demo.people import APPROVER, FINANCE, MANAGER, owner_of, staff

FORGETS = 0.04  # The share of the payouts for which a partner presents nothing in time, but a month later.
RETURNED = slug("Eastwick Automations")  # Its bank sent a payout back.
FAILED = slug("Amberfield Agency")  # And this one's did so just now.
HELD = slug("Birchlane Marketing")
WRONG_INVOICE = slug("Dovecote Ridge")
PRESENTED_SO_FAR = 0.55  # The share of the newest payouts for which the partner has presented everything.
APPROVED_SO_FAR = 4  # The largest ones, at most half of those that are ready.


def money_entries(days: Days, say: Callable[[str], object]) -> Iterator[Entry]:
    """The closing of every month but the last complete one, and what followed from it, for the diary."""
    yield Entry(days.at(days.first, 9), _enter_own_account)
    for month in days.all()[:-2]:
        following = add_months(month, 1)
        yield Entry(days.at(day_of(following, 3), 9), partial(_close, month, say))
        yield Entry(days.at(day_of(following, 5), 15), _present)
        yield Entry(days.at(day_of(following, 12), 15), partial(_approve, month))
        yield Entry(days.at(day_of(following, 15), 10), _pay)
        yield Entry(days.at(day_of(following, 18), 10), _enter_answers)
    yield Entry(days.at(day_of(days.back(3), 20), 10), partial(_fail, RETURNED))
    yield Entry(days.at(day_of(days.back(3), 27), 10), partial(_release, RETURNED))
    yield Entry(days.at(day_of(days.last, 22), 10), partial(_fail, FAILED))


def begin_newest_payouts(month: date, at: datetime) -> None:
    """This function will bring the payouts of the month that was just closed into every state there is."""
    payouts = Payout.objects.filter(period=month, state=PayoutState.WAITING).select_related("partner")
    on = Program.current().day(at)
    for payout in payouts:
        if payout.partner.reference == WRONG_INVOICE:
            _present_one(payout, payout.amount + Decimal("10.00"), on, at)
        elif dice("presents so far", payout.partner.reference).random() < PRESENTED_SO_FAR:
            _present_one(payout, payout.amount, on, at)
        elif dice("reports so far", payout.partner.reference).random() < PRESENTED_SO_FAR:
            present_report(payout=payout, note="", by=owner_of(payout.partner.reference), at=at)
    held = Payout.objects.filter(period=month, partner__reference=HELD).first()
    if held is not None:
        hold_payout(payout=held, reason="We ask the partner about a client first", by=staff(FINANCE), at=at)
    ready = Payout.objects.filter(period=month, state=PayoutState.READY).order_by("-amount")
    for payout in ready[: min(ready.count() // 2, APPROVED_SO_FAR)]:
        approve_payout(payout=payout, by=staff(APPROVER), at=at)


def tell_closed(month: date, posted: Decimal, rows: int, payouts: int) -> str:
    """The line of progress of a closed month."""
    return f"  {show_month(month)}  closed: {show_money(posted):>10} in {rows:>3} amounts, {payouts:>2} payouts opened"


def _close(month: date, say: Callable[[str], object], at: datetime) -> None:
    run_period(month=month, by=staff(FINANCE), clock=lambda: at)
    closed = close_period(month=month, by=staff(FINANCE), at=at)
    run = closed.period.run
    say(tell_closed(month, run.posted, run.posted_rows, closed.payouts))


def _present(at: datetime) -> None:
    """Report and invoice in one sitting, of whatever still waits for them."""
    waiting = Payout.objects.filter(state=PayoutState.WAITING, referral_report=None).select_related("partner")
    newest = max((payout.period_id for payout in waiting), default=None)
    on = Program.current().day(at)
    for payout in waiting:
        forgets = dice("forgets", payout.partner.reference, payout.period_id).random() < FORGETS
        if not (forgets and payout.period_id == newest):
            _present_one(payout, payout.amount, on, at)


def _present_one(payout: Payout, amount: Decimal, on: date, at: datetime) -> None:
    owner = owner_of(payout.partner.reference)
    number = f"{payout.partner.reference[:4].upper()}-{payout.period_id:%Y%m}"
    present_report(payout=payout, note="", by=owner, at=at)
    present_invoice(payout=payout, number=number, dated_on=on, amount=amount, by=owner, at=at)


def _approve(month: date, at: datetime) -> None:
    """Whatever is ready, once the gates of what waits since this month or the one before were looked at again."""
    approver = staff(APPROVER)
    presented = Payout.objects.filter(state=PayoutState.WAITING, referral_report__isnull=False)
    for payout_id in presented.filter(period__gte=add_months(month, -1)).values_list("pk", flat=True):
        refresh_payout(payout_id=payout_id, at=at)
    for payout in Payout.objects.filter(state=PayoutState.READY).order_by("pk"):
        try:
            approve_payout(payout=payout, by=approver, at=at)
        except ApprovalRefused:  # All of it is about to be taken back; it stays ready and is looked at again.
            continue


def _pay(at: datetime) -> None:
    """All that is approved goes to the bank in one file."""
    approved = Payout.objects.filter(state=PayoutState.APPROVED).values_list("pk", flat=True)
    value_date = first_banking_day(FileFormat.NACHA, Program.current().day(at) + timedelta(days=1))
    if approved:
        make_payment_file(
            file_format=FileFormat.NACHA, payouts=approved, value_date=value_date, by=staff(FINANCE), at=at
        )


def _enter_answers(at: datetime) -> None:
    """The bank paid all of it."""
    on = Program.current().day(at)
    sent = PaymentLine.objects.filter(state=LineState.SENT).order_by("pk")
    answers = [Answer(reference, Outcome.PAID, on) for reference in sent.values_list("reference", flat=True)]
    record_answers(answers=answers, by=staff(FINANCE), at=at)


def _enter_own_account(at: datetime) -> None:
    """This function will say which account of the company pays, and whom its tax forms come from; both are made up."""
    enter_account(
        kind=AccountKind.ACH,
        holder="Quillhaven Voice, Inc.",
        details="000000000 000100200300",
        bank="Invented Bank",
        company_id="1000000000",
        by=staff(FINANCE),
        at=at,
    )
    filer = Filer(
        legal_name="Quillhaven Voice, Inc.", ein="00-0001000", street="100 Invented Avenue", city="Brookmere",
        state="CA", zip_code="90010", phone="415-555-0100",
    )  # fmt: skip
    set_filer(filer=filer, by=staff(MANAGER), at=at)


def _fail(partner: str, at: datetime) -> None:
    payout = _newest(partner, PayoutState.PAID)
    if payout is not None:
        reason = "The bank sent it back: account closed"
        fail_payout(payout=payout, on=Program.current().day(at), reason=reason, by=staff(FINANCE), at=at)


def _release(partner: str, at: datetime) -> None:
    payout = _newest(partner, PayoutState.FAILED)
    if payout is not None:
        release_payout(payout=payout, by=staff(FINANCE), at=at)


def _newest(partner: str, state: PayoutState) -> Payout | None:
    return Payout.objects.filter(partner__reference=partner, state=state).order_by("-period_id").first()
