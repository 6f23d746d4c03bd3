"""Payouts that are ready, approved or in a payment file, and the company's own account that pays them."""

from datetime import datetime, timedelta

from accounts.models import User
from affiliates.models import PayoutMethod
from affiliates.models.payee import PayoutMethodKind, TaxFormKind
from affiliates.services.set_payee import confirm_payout_method, file_tax_form, set_payout_method
from payouts.models import AccountKind, FileFormat, PaymentFile, PaymentLine, Payout
from payouts.services.approve_payout import approve_payout
from payouts.services.enter_account import enter_account
from payouts.services.make_payment_file import make_payment_file
from tests.cast import AT, abe, client, close, day, fay, monthly, partner, record, the_partner
from tests.payouts.finance import LONG_AGO, accept, present

MONDAY = day("2027-01-04")
ROUTING = "021000021"
ACCOUNT = f"{ROUTING} 000123456789"
IBAN = "DE89370400440532013000"
DETAILS = {
    PayoutMethodKind.ACH: "011401533 00720001",
    PayoutMethodKind.IBAN: IBAN,
    PayoutMethodKind.PAYPAL: "pay@ada.example",
    PayoutMethodKind.WISE: "wise@ada.example",
}
OF_A_PERSON = {"classification": "individual"}


def ready_payouts(
    *keys: str,
    month: str = "2026-03",
    amount: str = "1000.00",
    by: User | None = None,
    persons: tuple[str, ...] = (),
    kind: PayoutMethodKind = PayoutMethodKind.ACH,
) -> list[Payout]:
    """A ready payout of 20 % of an amount for each of these partners."""
    record(*(fact for key in keys for fact in _facts(key, month, amount)))
    close(month, by=by or fay())
    for key in keys:
        payee(key, kind, is_person=key in persons)
    payouts = list(Payout.objects.filter(period=day(f"{month}-01")).order_by("partner_id"))
    for payout in payouts:
        accept(payout.partner)
        present(payout)
        payout.refresh_from_db()
    return payouts


def payee(
    key: str, kind: PayoutMethodKind = PayoutMethodKind.ACH, details: str = "", *, is_person: bool = False
) -> None:
    """This function will put a partner's tax form on file, and say and confirm where its money goes."""
    file_tax_form(
        partner=the_partner(key),
        kind=TaxFormKind.W9,
        legal_name=f"{key.title()} LLC",
        number="12-3456789",
        signed_on=day("2026-01-05"),
        by=None,
        at=LONG_AGO,
        answers=OF_A_PERSON if is_person else {"classification": "llc_c"},
    )
    method = set_payout_method(
        partner=the_partner(key),
        kind=kind,
        holder=f"{key.title()} Partners",
        details=details or DETAILS[kind],
        by=None,
        at=LONG_AGO,
    )
    confirm_payout_method(method=method, by=None, at=LONG_AGO)


def approved_payouts(*keys: str, persons: tuple[str, ...] = ()) -> list[Payout]:
    """An approved payout of 200.00 for each of these partners."""
    return [approve_payout(payout=payout, by=abe(), at=AT) for payout in ready_payouts(*keys, persons=persons)]


def own_account() -> None:
    """The company's account in the United States."""
    enter_account(
        kind=AccountKind.ACH,
        holder="Example Company",
        details=ACCOUNT,
        bank="First Example Bank",
        company_id="1123456789",
        by=fay(),
        at=LONG_AGO,
    )


def nacha_file(*payouts: Payout, at: datetime = AT) -> PaymentFile:
    """A NACHA file over these payouts, made by Fay."""
    return make_payment_file(
        file_format=FileFormat.NACHA, payouts=[each.pk for each in payouts], value_date=MONDAY, by=fay(), at=at
    )


def filed(*keys: str) -> PaymentFile:
    """A NACHA file over approved payouts of these partners."""
    own_account()
    return nacha_file(*approved_payouts(*keys))


def a_file(payout: Payout) -> PaymentFile:
    """A payment file with a line, for tests of rows alone: its payout need not be approved, and it has no content."""
    file = PaymentFile.objects.create(
        format=FileFormat.NACHA,
        value_date=MONDAY,
        currency="USD",
        count=1,
        total=payout.amount,
        file="payments/none.sealed",
        sha256="0" * 64,
        made_at=AT,
    )
    PaymentLine.objects.create(
        file=file,
        payout=payout,
        method=PayoutMethod.objects.current().get(partner=payout.partner_id),
        amount=payout.amount,
        signature="none",
        reference="none",
    )
    return file


def change_method(key: str, *, at: datetime = AT) -> None:
    """This function will send a partner's money elsewhere."""
    set_payout_method(
        partner=the_partner(key),
        kind=PayoutMethodKind.ACH,
        holder="Somebody else",
        details="011401533 999",
        by=None,
        at=at - timedelta(hours=1),
    )


def _facts(key: str, month: str, amount: str) -> list[tuple[tuple[str, dict[str, str]], ...]]:
    name = f"client-{key}"
    return [partner(key), client(name, key), monthly(name, month, amount)]
