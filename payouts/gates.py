"""What a payout waits for: the same checklist for the partner and for finance, each gate with its clause."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple, Protocol

from accounts.reading import read_rows
from affiliates.models import Acceptance, AgreementVersion, PayoutMethod, Program, TaxForm, Violation
from affiliates.money import ZERO, show_money
from parts.formats import day, month_name

CHANGED_DETAILS_WAIT = timedelta(hours=72)
OWN_RULE = "The program's own rule"
OF_PARTNERS = """
    SELECT {version}, {acceptance}, {accepted}, {violation}, {tax_form}, {method}, {program},
           partner.id, partner.terminated_on,
           (SELECT sum(amount) FROM commissions_ledgerentry WHERE partner_id = partner.id)
    FROM affiliates_partner AS partner
    JOIN affiliates_program AS program ON program.id = 1
    LEFT JOIN LATERAL (
        SELECT * FROM affiliates_agreementversion ORDER BY id DESC LIMIT 1
    ) AS version ON true
    LEFT JOIN LATERAL (
        SELECT * FROM affiliates_acceptance WHERE partner_id = partner.id ORDER BY version_id DESC LIMIT 1
    ) AS acceptance ON true
    LEFT JOIN affiliates_agreementversion AS accepted ON accepted.id = acceptance.version_id
    LEFT JOIN LATERAL (
        SELECT * FROM affiliates_violation WHERE partner_id = partner.id AND state = 'open' ORDER BY id LIMIT 1
    ) AS violation ON true
    LEFT JOIN LATERAL (
        SELECT * FROM affiliates_taxform WHERE partner_id = partner.id ORDER BY filed_at DESC LIMIT 1
    ) AS tax_form ON true
    LEFT JOIN affiliates_payoutmethod AS method ON method.partner_id = partner.id AND method.replaced_at IS NULL
    WHERE partner.id = ANY(%s)
"""
PRESENTED = """
    LEFT JOIN payouts_referralreport AS report ON report.payout_id = payout.id
    LEFT JOIN LATERAL (
        SELECT number, amount FROM payouts_partnerinvoice WHERE payout_id = payout.id ORDER BY id DESC LIMIT 1
    ) AS invoice ON true
"""
OF_PAYOUTS = f"""
    SELECT payout.id, report.presented_at, invoice.number, invoice.amount
    FROM unnest(%s::bigint[]) AS payout(id) {PRESENTED}
"""


class Judged(Protocol):
    """What gates ask of a payout, or of one that is still to come."""

    @property
    def pk(self) -> int: ...
    @property
    def partner_id(self) -> int: ...
    @property
    def period_id(self) -> date: ...
    @property
    def amount(self) -> Decimal: ...


class Presented(NamedTuple):
    """What a partner presented for a payout: its report, and the latest invoice; None for what is missing."""

    reported_at: datetime | None = None
    invoice: str | None = None
    invoiced: Decimal | None = None


class Gate(NamedTuple):
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
    presented: Mapping[int, Presented]
    versions: dict[int, AgreementVersion | None] = field(default_factory=dict)
    acceptances: dict[int, Acceptance | None] = field(default_factory=dict)
    violations: dict[int, Violation | None] = field(default_factory=dict)
    tax_forms: dict[int, TaxForm | None] = field(default_factory=dict)
    methods: dict[int, PayoutMethod | None] = field(default_factory=dict)
    balances: dict[int, Decimal] = field(default_factory=dict)
    shared: dict[int, tuple[Gate, ...]] = field(default_factory=dict)  # A partner's gates, judged once for its payouts.


def gates(payout: Judged, *, at: datetime) -> tuple[Gate, ...]:
    """This function will look at every condition of a payout, as things stand now."""
    return gates_of([payout], at=at)[payout.pk]


def gates_of(
    payouts: Iterable[Judged], *, at: datetime, presented: Mapping[int, Presented] | None = None
) -> dict[int, tuple[Gate, ...]]:
    """This function will look at the conditions of many payouts, in as many queries as for one.

    What was `presented` for each is read, unless it was read with them.
    """
    payouts = list(payouts)
    if not payouts:
        return {}
    facts = gather_facts(payouts, at=at, presented=presented)
    return {payout.pk: gates_from(facts, payout) for payout in payouts}


def gates_from(facts: Facts, payout: Judged) -> tuple[Gate, ...]:
    """The conditions of a payout by facts that were gathered of it, always all of them in this order."""
    partner = payout.partner_id
    if partner not in facts.shared:
        facts.shared[partner] = tuple(judge(facts, partner) for judge in JUDGED_ONCE)
    agreement, *others = facts.shared[partner]
    return (agreement, _report(facts, payout), _invoice(facts, payout), *others)


def gather_facts(payouts: Sequence[Judged], *, at: datetime, presented: Mapping[int, Presented] | None = None) -> Facts:
    """This function will read what the gates of these payouts, one at least, are judged by."""
    if presented is None:
        presented = {pk: Presented(*papers) for pk, *papers in read_rows(OF_PAYOUTS, [[each.pk for each in payouts]])}
    of_partners = read_rows(
        OF_PARTNERS,
        [[payout.partner_id for payout in payouts]],
        leave_out=("version.text", "accepted.text"),
        version=AgreementVersion,
        acceptance=Acceptance,
        accepted=AgreementVersion,
        violation=Violation,
        tax_form=TaxForm,
        method=PayoutMethod,
        program=Program,
    )
    facts = Facts(at=at, program=of_partners[0][6], presented=presented)
    ended: dict[int, date] = {}
    for version, acceptance, accepted, violation, tax_form, method, _, partner, last_day, balance in of_partners:
        if acceptance:
            acceptance.version = accepted
        if last_day:
            ended[partner] = last_day
        facts.versions[partner] = version
        facts.acceptances[partner] = acceptance
        facts.violations[partner] = violation
        facts.tax_forms[partner] = tax_form
        facts.methods[partner] = method
        facts.balances[partner] = balance or ZERO
    if ended:
        facts.versions.update(_versions_of_their_time(ended, facts.program))
    return facts


def _versions_of_their_time(ended: dict[int, date], program: Program) -> dict[int, AgreementVersion | None]:
    """The version that each partner whose partnership ended has to accept: the last of its time, else the first."""
    versions = list(AgreementVersion.objects.order_by("-id").defer("text"))
    oldest = versions[-1] if versions else None
    return {
        partner: next((each for each in versions if program.day(each.published_at) <= last_day), oldest)
        for partner, last_day in ended.items()
    }


def _gate(
    name: str, clause: str, closed_because: str, opened_by: str, open_because: str, *, is_partners: bool = False
) -> Gate:
    is_open = not closed_because
    return Gate(name, clause, is_open, closed_because or open_because, "" if is_open else opened_by, is_partners)


def _day(facts: Facts, at: datetime) -> str:
    return day(facts.program.day(at))


def _agreement(facts: Facts, partner: int) -> Gate:
    version, acceptance = facts.versions.get(partner), facts.acceptances.get(partner)
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


def _report(facts: Facts, payout: Judged) -> Gate:
    reported_at = facts.presented[payout.pk].reported_at
    return _gate(
        "Referral report presented",
        "B",
        "" if reported_at else f"There is no report for {month_name(payout.period_id)}",
        "The partner presents the referral report of the period",
        f"Presented on {_day(facts, reported_at)}" if reported_at else "",
        is_partners=True,
    )


def _invoice(facts: Facts, payout: Judged) -> Gate:
    _, number, invoiced = facts.presented[payout.pk]
    amount = show_money(payout.amount)
    if invoiced is None:
        closed = "There is no invoice"
    elif invoiced != payout.amount:
        closed = f"Invoice {number} is for {show_money(invoiced)}, the payout for {amount}"
    else:
        closed = ""
    return _gate(
        "Invoice presented",
        "B",
        closed,
        f"The partner presents an invoice for {amount}",
        "" if invoiced is None else f"Invoice {number} is for {amount}",
        is_partners=True,
    )


def _violations(facts: Facts, partner: int) -> Gate:
    violation = facts.violations.get(partner)
    closed = f"Clause {violation.clause} is violated, to be cured by {day(violation.cure_by)}" if violation else ""
    return _gate("No open violation", "B; 6, 14, 15", closed, "The company finds the breach cured", "There is none")


def _tax_form(facts: Facts, partner: int) -> Gate:
    form = facts.tax_forms.get(partner)
    return _gate(
        "Tax form on file",
        OWN_RULE,
        "" if form else "There is none",
        "The partner files its tax form",
        f"{form.kind} signed on {day(form.signed_on)}" if form else "",
        is_partners=True,
    )


def _payout_method(facts: Facts, partner: int) -> Gate:
    method = facts.methods.get(partner)
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


def _minimum(facts: Facts, partner: int) -> Gate:
    balance = facts.balances.get(partner, ZERO)
    minimum = facts.program.minimum_payout
    told = f"The balance is {show_money(balance)}, the minimum {show_money(minimum)}"
    closed = "" if balance >= minimum else told
    return _gate("Balance at or above the minimum", OWN_RULE, closed, "The balance grows", told)


JUDGED_ONCE = (_agreement, _violations, _tax_form, _payout_method, _minimum)
