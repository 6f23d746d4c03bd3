"""What a payout waits for: the same checklist for the partner and for finance, each gate with its clause."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Sum

from affiliates.models import Acceptance, AgreementVersion, Partner, PayoutMethod, Program, TaxForm, Violation
from affiliates.money import ZERO, show_money
from commissions.models import LedgerEntry
from parts.formats import day, month_name
from payouts.models import PartnerInvoice, Payout, ReferralReport

CHANGED_DETAILS_WAIT = timedelta(hours=72)
OWN_RULE = "The program's own rule"


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition of a payout: `state` says how things stand, `opened_by` what opens it, empty once open.

    `is_partners` says whether the partner can open it; the others wait for the company or for time.
    """

    name: str
    clause: str
    is_open: bool
    state: str
    opened_by: str
    is_partners: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What the gates of many payouts are judged by; each thing is found by the key of its partner or payout."""

    at: datetime
    program: Program
    versions: dict[int, AgreementVersion]
    acceptances: dict[int, Acceptance]
    violations: dict[int, Violation]
    tax_forms: dict[int, TaxForm]
    methods: dict[int, PayoutMethod]
    balances: dict[int, Decimal]
    reports: dict[int, ReferralReport]
    invoices: dict[int, PartnerInvoice]


def gates(payout: Payout, *, at: datetime) -> tuple[Gate, ...]:
    """This function will look at every condition of a payout, as things stand now."""
    return gates_of([payout], at=at)[payout.pk]


def gates_of(payouts: Iterable[Payout], *, at: datetime) -> dict[int, tuple[Gate, ...]]:
    """This function will look at the conditions of many payouts, in as many queries as for one."""
    payouts = list(payouts)
    facts = gather_facts(payouts, at=at)
    return {payout.pk: gates_from(facts, payout) for payout in payouts}


def gates_from(facts: Facts, payout: Payout) -> tuple[Gate, ...]:
    """The conditions of a payout by facts that were gathered of it, always all of them in this order."""
    return (
        _agreement(facts, payout),
        _report(facts, payout),
        _invoice(facts, payout),
        _violations(facts, payout),
        _tax_form(facts, payout),
        _payout_method(facts, payout),
        _minimum(facts, payout),
    )


def gather_facts(payouts: Iterable[Payout], *, at: datetime) -> Facts:
    """This function will read what the gates of these payouts are judged by."""
    payouts = list(payouts)
    partners = {payout.partner_id for payout in payouts}
    keys = [payout.pk for payout in payouts]
    program = Program.current()
    violations = Violation.objects.open().filter(partner__in=partners).order_by("partner_id", "id")
    tax_forms = TaxForm.objects.filter(partner__in=partners).order_by("partner_id", "-filed_at")
    invoices = PartnerInvoice.objects.filter(payout__in=keys).order_by("payout_id", "-id")
    balances = LedgerEntry.objects.filter(partner__in=partners).order_by().values_list("partner_id")
    return Facts(
        at=at,
        program=program,
        versions=_versions_asked(partners, program),
        acceptances=_newest_acceptances(partners),
        violations={each.partner_id: each for each in violations.distinct("partner_id")},
        tax_forms={each.partner_id: each for each in tax_forms.distinct("partner_id")},
        methods={each.partner_id: each for each in PayoutMethod.objects.current().filter(partner__in=partners)},
        balances=dict(balances.annotate(Sum("amount"))),
        reports={each.payout_id: each for each in ReferralReport.objects.filter(payout__in=keys).defer("lines")},
        invoices={each.payout_id: each for each in invoices.distinct("payout_id")},
    )


def _versions_asked(partners: set[int], program: Program) -> dict[int, AgreementVersion]:
    """The version that each partner has to accept: the current one, for an ended partnership the last of its time."""
    versions = list(AgreementVersion.objects.order_by("-id").defer("text"))
    if not versions:
        return {}
    asked = dict.fromkeys(partners, versions[0])
    ended = Partner.objects.filter(pk__in=partners, terminated_on__isnull=False).values_list("pk", "terminated_on")
    for partner, last_day in ended:
        of_its_time = (each for each in versions if last_day and program.day(each.published_at) <= last_day)
        asked[partner] = next(of_its_time, versions[-1])
    return asked


def _newest_acceptances(partners: set[int]) -> dict[int, Acceptance]:
    accepted = Acceptance.objects.filter(partner__in=partners).select_related("version").defer("version__text")
    return {each.partner_id: each for each in accepted.order_by("partner_id", "-version_id").distinct("partner_id")}


def _gate(
    name: str, clause: str, closed_because: str, opened_by: str, open_because: str, *, is_partners: bool = False
) -> Gate:
    is_open = not closed_because
    return Gate(name, clause, is_open, closed_because or open_because, "" if is_open else opened_by, is_partners)


def _day(facts: Facts, at: datetime) -> str:
    return day(facts.program.day(at))


def _agreement(facts: Facts, payout: Payout) -> Gate:
    version, acceptance = facts.versions.get(payout.partner_id), facts.acceptances.get(payout.partner_id)
    if version and acceptance and acceptance.version_id < version.pk:
        acceptance = None
    closed = "" if acceptance else (f"{version} is not accepted" if version else "No version is published")
    return _gate(
        "Agreement accepted",
        "Term; clause 10",
        closed,
        "An owner of the partner accepts the current version",
        f"{acceptance.version} was accepted by {acceptance.name} on {_day(facts, acceptance.at)}" if acceptance else "",
        is_partners=version is not None,
    )


def _report(facts: Facts, payout: Payout) -> Gate:
    report = facts.reports.get(payout.pk)
    return _gate(
        "Referral report presented",
        "B",
        "" if report else f"There is no report for {month_name(payout.period_id)}",
        "The partner presents the referral report of the period",
        f"Presented on {_day(facts, report.presented_at)}" if report else "",
        is_partners=True,
    )


def _invoice(facts: Facts, payout: Payout) -> Gate:
    invoice = facts.invoices.get(payout.pk)
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
        is_partners=True,
    )


def _violations(facts: Facts, payout: Payout) -> Gate:
    violation = facts.violations.get(payout.partner_id)
    closed = f"Clause {violation.clause} is violated, to be cured by {day(violation.cure_by)}" if violation else ""
    return _gate("No open violation", "B; 6, 14, 15", closed, "The company finds the breach cured", "There is none")


def _tax_form(facts: Facts, payout: Payout) -> Gate:
    form = facts.tax_forms.get(payout.partner_id)
    return _gate(
        "Tax form on file",
        OWN_RULE,
        "" if form else "There is none",
        "The partner files its tax form",
        f"{form.kind} signed on {day(form.signed_on)}" if form else "",
        is_partners=True,
    )


def _payout_method(facts: Facts, payout: Payout) -> Gate:
    method = facts.methods.get(payout.partner_id)
    opened_by, is_partners = "The partner confirms where the money goes", True
    if method is None:
        closed = "There is none"
    elif method.confirmed_at is None:
        closed = f"{method} is not confirmed"
    elif method.is_change and method.entered_at > facts.at - CHANGED_DETAILS_WAIT:
        closed = f"{method} was changed on {_day(facts, method.entered_at)}"
        until = method.entered_at + CHANGED_DETAILS_WAIT
        opened_by = f"72 hours pass, until {day(until.date())}, {until:%H:%M} UTC"
        is_partners = False
    else:
        closed = ""
    return _gate("Payout method confirmed", OWN_RULE, closed, opened_by, str(method or ""), is_partners=is_partners)


def _minimum(facts: Facts, payout: Payout) -> Gate:
    balance = facts.balances.get(payout.partner_id, ZERO)
    minimum = facts.program.minimum_payout
    told = f"The balance is {show_money(balance)}, the minimum {show_money(minimum)}"
    closed = "" if balance >= minimum else told
    return _gate("Balance at or above the minimum", OWN_RULE, closed, "The balance grows", told)
