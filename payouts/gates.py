"""What a payout waits for: the same checklist for the partner and for finance, each gate with its clause."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from affiliates.models import AgreementVersion, PayoutMethod, Program
from affiliates.money import show_money
from affiliates.months import show_month
from commissions.models import LedgerEntry
from payouts.models import Payout

CHANGED_DETAILS_WAIT = timedelta(hours=72)
OWN_RULE = "The program's own rule"


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition of a payout: `state` says how things stand, `opened_by` what opens it, empty once open."""

    name: str
    clause: str
    is_open: bool
    state: str
    opened_by: str


def gates(payout: Payout, *, at: datetime) -> tuple[Gate, ...]:
    """This function will look at every condition of a payout, as things stand now."""
    return (
        _agreement(payout),
        _report(payout),
        _invoice(payout),
        _violations(payout),
        _tax_form(payout),
        _payout_method(payout, at),
        _minimum(payout),
    )


def _gate(name: str, clause: str, closed_because: str, opened_by: str, open_because: str) -> Gate:
    is_open = not closed_because
    return Gate(name, clause, is_open, closed_because or open_because, "" if is_open else opened_by)


def _agreement(payout: Payout) -> Gate:
    version = AgreementVersion.current()
    acceptance = payout.partner.acceptances.filter(version=version).first() if version else None
    closed = "" if acceptance else (f"{version} is not accepted" if version else "No version is published")
    return _gate(
        "Agreement accepted",
        "Term, 10",
        closed,
        "An owner of the partner accepts the current version",
        f"{version} was accepted by {acceptance.name} on {acceptance.at:%Y-%m-%d}" if acceptance else "",
    )


def _report(payout: Payout) -> Gate:
    report = getattr(payout, "referral_report", None)
    return _gate(
        "Referral report presented",
        "B",
        "" if report else f"There is no report for {show_month(payout.period_id)}",
        "The partner presents the referral report of the period",
        f"Presented on {report.presented_at:%Y-%m-%d}" if report else "",
    )


def _invoice(payout: Payout) -> Gate:
    invoice = payout.partner_invoices.order_by("-id").first()
    amount = show_money(payout.amount)
    if invoice is None:
        closed = "There is no invoice"
    elif invoice.amount != payout.amount:
        closed = f"Invoice {invoice.number} is for {show_money(invoice.amount)}, the payout for {amount}"
    else:
        closed = ""
    return _gate(
        "Invoice presented",
        "B",
        closed,
        f"The partner presents an invoice for {amount}",
        f"Invoice {invoice.number} is for {amount}" if invoice else "",
    )


def _violations(payout: Payout) -> Gate:
    violation = payout.partner.violations.open().order_by("id").first()
    closed = f"Clause {violation.clause} is violated, to be cured by {violation.cure_by}" if violation else ""
    return _gate("No open violation", "B; 6, 14, 15", closed, "The company finds the breach cured", "There is none")


def _tax_form(payout: Payout) -> Gate:
    form = payout.partner.tax_forms.order_by("-filed_at").first()
    closed = "" if form else "There is none"
    on_file = f"{form.kind} signed on {form.signed_on}" if form else ""
    return _gate("Tax form on file", OWN_RULE, closed, "The partner files its tax form", on_file)


def _payout_method(payout: Payout, at: datetime) -> Gate:
    method = PayoutMethod.objects.current().filter(partner=payout.partner).first()
    opened_by = "The partner confirms where the money goes"
    if method is None:
        closed = "There is none"
    elif method.confirmed_at is None:
        closed = f"{method} is not confirmed"
    elif method.is_change and method.entered_at > at - CHANGED_DETAILS_WAIT:
        closed = f"{method} was changed on {method.entered_at:%Y-%m-%d %H:%M}"
        opened_by = f"72 hours pass, until {method.entered_at + CHANGED_DETAILS_WAIT:%Y-%m-%d %H:%M} UTC"
    else:
        closed = ""
    return _gate("Payout method confirmed", OWN_RULE, closed, opened_by, str(method or ""))


def _minimum(payout: Payout) -> Gate:
    minimum = Program.current().minimum_payout
    balance = LedgerEntry.objects.filter(partner=payout.partner).balance()
    told = f"The balance is {show_money(balance)}, the minimum {show_money(minimum)}"
    closed = "" if balance >= minimum else told
    return _gate("Balance at or above the minimum", OWN_RULE, closed, "The balance grows", told)
