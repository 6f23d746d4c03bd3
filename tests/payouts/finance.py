"""A payout that is taken to a gate, or past all of them."""

from datetime import timedelta
from decimal import Decimal

from affiliates.models import AgreementVersion, Partner
from affiliates.models.payee import PayoutMethodKind, TaxFormKind
from affiliates.services.accept_agreement import accept_agreement, publish_version
from affiliates.services.set_payee import confirm_payout_method, file_tax_form, set_payout_method
from payouts.models import Payout
from payouts.services.present_invoice import present_invoice
from payouts.services.present_report import present_report
from tests.cast import AT, client, close, day, fay, monthly, owner_of, program

LONG_AGO = AT - timedelta(days=90)


def opened_payout(amount: str = "1000.00", month: str = "2026-03") -> Payout:
    """The payout of Ada's first closed month, whose one client paid an amount: 20 % of it."""
    program(client("acme"), monthly("acme", month, amount))
    close(month, by=fay())
    return Payout.objects.get()


def accept(partner: Partner) -> None:
    version = AgreementVersion.current() or publish_version(number="1", title="Terms", text="…", by=None, at=LONG_AGO)
    accept_agreement(partner=partner, version=version, name="Olga Owner", by=owner_of(partner.reference), at=LONG_AGO)


def settle_payee(partner: Partner) -> None:
    file_tax_form(
        partner=partner,
        kind=TaxFormKind.W9,
        legal_name="Ada Partners LLC",
        number="12-3456789",
        signed_on=day("2026-01-05"),
        by=None,
        at=LONG_AGO,
    )
    method = set_payout_method(
        partner=partner,
        kind=PayoutMethodKind.ACH,
        holder="Ada Partners",
        details="0123456789",
        by=None,
        at=LONG_AGO,
    )
    confirm_payout_method(method=method, by=None, at=LONG_AGO)


def present(payout: Payout, amount: Decimal | None = None) -> None:
    by = owner_of(payout.partner.reference)
    present_report(payout=payout, note="", by=by, at=AT)
    present_invoice(
        payout=payout, number="A-1", dated_on=day("2026-04-02"), amount=amount or payout.amount, by=by, at=AT
    )


def ready_payout(amount: str = "1000.00") -> Payout:
    """A payout whose every gate is open."""
    payout = opened_payout(amount)
    accept(payout.partner)
    settle_payee(payout.partner)
    present(payout)
    payout.refresh_from_db()
    return payout
