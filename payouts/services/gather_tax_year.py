from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from django.db.models import OuterRef, Q, Subquery, Sum

from accounts.sealed import DetailsUnreadable
from affiliates.models import Partner, PayoutMethod, TaxForm
from affiliates.models.payee import PayoutMethodKind, TaxFormKind
from affiliates.money import ZERO
from payouts.documents.iris import CannotBeFiled, Form, Party, read_place
from payouts.models import PaymentLine, Payout, PayoutState, TaxFileLine

# From which payments of a year on a 1099-NEC is filed: first year, amount, and what says so.
THRESHOLDS = (
    (
        2027,
        Decimal("2000.00"),
        "Public Law 119-21, section 70433; adjusted for inflation, so look up the year's amount",
    ),
    (2026, Decimal("2000.00"), "Public Law 119-21, section 70433: 26 U.S.C. 6041(a) and 6041A(a)(2)"),
    (2020, Decimal("600.00"), "26 U.S.C. 6041A(a)(2) before Public Law 119-21"),
)
FIRST_YEAR = THRESHOLDS[-1][0]  # There was no 1099-NEC before.
CORPORATIONS = frozenset({"c_corporation", "s_corporation", "llc_c", "llc_s"})


class Standing(StrEnum):
    """What becomes of a partner's total at year end."""

    FILED = "1099-NEC"
    TO_MEND = "To be mended"
    NO_FORM = "Tax form missing"
    BELOW = "Below the threshold"
    EXEMPT = "Corporation or exempt"
    ABROAD = "W-8: no 1099"
    ELSEWHERE = "Paid through PayPal alone"


@dataclass(frozen=True, slots=True)
class Threshold:
    """The amount from which on a year's payments are filed, and its source."""

    amount: Decimal
    source: str


@dataclass(frozen=True, slots=True)
class Total:
    """What a partner was paid in a year, and what becomes of it.

    `elsewhere` went through PayPal, which reports it itself; `box_1` is what a 1099-NEC says. `filed_before` is what
    the last file that was filed and named the partner said, None where none did.
    """

    partner: Partner
    paid: Decimal
    elsewhere: Decimal
    standing: Standing
    note: str
    tax_form: TaxForm | None
    filed_before: Decimal | None

    @property
    def box_1(self) -> Decimal:
        return self.paid - self.elsewhere

    @property
    def is_to_correct(self) -> bool:
        """Whether the IRS was told something else."""
        return self.filed_before is not None and self.filed_before != self.box_1


@dataclass(frozen=True, slots=True)
class TaxYear:
    year: int
    threshold: Threshold
    totals: list[Total]

    @property
    def filed(self) -> list[Total]:
        return [total for total in self.totals if total.standing == Standing.FILED]

    @property
    def to_take(self) -> list[Total]:
        """Those of the next file: of whom the IRS was told something already is filed no second time."""
        return [total for total in self.filed if total.filed_before is None]

    @property
    def to_correct(self) -> list[Total]:
        return [total for total in self.totals if total.is_to_correct]


def threshold_of(year: int) -> Threshold:
    """:raises ValueError: there was no 1099-NEC in the year"""
    for first, amount, source in THRESHOLDS:
        if year >= first:
            return Threshold(amount, source)
    raise ValueError(f"There was no 1099-NEC before {FIRST_YEAR}")


def gather_tax_year(year: int) -> TaxYear:
    """This function will tell what each partner was paid in a calendar year, and what becomes of it at year end.

    Cash counts on the day that it was paid; what came back counts no more, whenever that was. It opens no
    taxpayer's number, only what kind of taxpayer somebody is.
    """
    threshold = threshold_of(year)
    lines = TaxFileLine.objects.filter(file__year=year, file__filing__isnull=False).order_by("partner_id", "-file_id")
    said = dict(lines.distinct("partner_id").values_list("partner_id", "amount"))
    paid = {key: (cash, elsewhere or ZERO) for key, cash, elsewhere in _paid_in(year)}
    partners = Partner.objects.in_bulk({*paid, *said})
    forms = {form.partner_id: form for form in _newest_forms(partners)}
    totals = []
    for key, partner in partners.items():
        cash, elsewhere = paid.get(key, (ZERO, ZERO))
        form = forms.get(key)
        standing, note = _judge(form, cash - elsewhere, cash, threshold.amount)
        totals.append(Total(partner, cash, elsewhere, standing, note, form, said.get(key)))
    order = list(Standing)
    totals.sort(key=lambda total: (order.index(total.standing), -total.paid, total.partner.name, total.partner.pk))
    return TaxYear(year, threshold, totals)


def form_of(total: Total) -> Form:
    """The form that a partner's total makes, its taxpayer's number in plain.

    :raises CannotBeFiled: the W-9 does not say what a form needs
    """
    if total.tax_form is None:
        raise CannotBeFiled("there is no tax form on file")
    number = "".join(each for each in total.tax_form.read_number() if each.isdigit())
    if len(number) != 9:
        raise CannotBeFiled("the number of its W-9 does not have nine digits")
    recipient = _party(total.tax_form, number)
    return Form(recipient, total.partner.reference, total.box_1)


def _paid_in(year: int) -> Iterable[tuple[int, Decimal, Decimal | None]]:
    line = PaymentLine.objects.standing().filter(payout=OuterRef("pk"))
    known = PayoutMethod.objects.filter(partner=OuterRef("partner"), entered_at__lte=OuterRef("approved_at"))
    payouts = Payout.objects.filter(state=PayoutState.PAID, paid_on__range=(date(year, 1, 1), date(year, 12, 31)))
    payouts = payouts.annotate(
        by_file=Subquery(line.values("method__kind")[:1]),
        by_hand=Subquery(known.order_by("-entered_at").values("kind")[:1]),
    )
    by_paypal = Q(by_file=PayoutMethodKind.PAYPAL) | Q(by_file=None, by_hand=PayoutMethodKind.PAYPAL)
    by_partner = payouts.order_by().values("partner").annotate(cash=Sum("payable"))
    by_partner = by_partner.annotate(elsewhere=Sum("payable", filter=by_paypal))
    return by_partner.values_list("partner_id", "cash", "elsewhere")


def _newest_forms(partners: Iterable[int]) -> Iterable[TaxForm]:
    return TaxForm.objects.filter(partner__in=partners).order_by("partner_id", "-filed_at").distinct("partner_id")


def _judge(form: TaxForm | None, box_1: Decimal, paid: Decimal, threshold: Decimal) -> tuple[Standing, str]:
    if form is not None and form.kind != TaxFormKind.W9:
        return Standing.ABROAD, f"{form.kind} on file"
    if not box_1 and paid:
        return Standing.ELSEWHERE, "PayPal reports it on a 1099-K where one is due"
    if form is None:
        needed = "a W-9 or a W-8 is needed before the year's forms are due"
        return Standing.NO_FORM, needed if box_1 >= threshold else f"below the threshold so far; {needed}"
    if box_1 < threshold:
        return Standing.BELOW, ""
    try:
        answers = form.read_answers()
        if answers.get("classification") in CORPORATIONS:
            return Standing.EXEMPT, "A corporation by its W-9"
        if answers.get("exempt_payee_code"):
            return Standing.EXEMPT, f"Exempt payee code {answers['exempt_payee_code']}"
        read_place(answers.get("city", ""))
        if not answers.get("street"):
            raise CannotBeFiled("its W-9 has no street address")
    except (CannotBeFiled, DetailsUnreadable) as refused:
        return Standing.TO_MEND, f"{str(refused)[:1].upper()}{str(refused)[1:]}; ask for a new W-9"
    return Standing.FILED, ""


def _party(form: TaxForm, number: str) -> Party:
    answers = form.read_answers()
    city, state, zip_code = read_place(answers.get("city", ""))
    is_ssn = answers.get("number_kind") == "ssn"
    business = answers.get("business_name", "")
    return Party(
        number_type="SSN" if is_ssn else "EIN",
        number=number,
        name=form.legal_name,
        line_2=business,
        is_person=is_ssn and not business,
        street=answers.get("street", ""),
        city=city,
        state=state,
        zip_code=zip_code,
    )
