import hashlib
import zoneinfo
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Count

from accounts.models import User
from accounts.rights import Right, needs
from accounts.sealed import DetailsUnreadable
from accounts.services.write_audit import write_audit
from affiliates.models import PayoutMethod, Program, TaxForm
from affiliates.models.payee import PayoutMethodKind, TaxFormKind
from affiliates.money import ZERO
from parts.formats import day, month_name
from payouts.documents.banking_days import CARRIERS, closed_because, first_banking_day
from payouts.documents.nacha import MODIFIERS, write_nacha
from payouts.documents.payment import CannotBePaidSo, Payer, Payment, Written
from payouts.documents.payment_csv import write_paypal, write_wise
from payouts.documents.sepa import write_sepa
from payouts.gates import Gate, gates_of
from payouts.models import AccountKind, FileFormat, PayingAccount, PaymentFile, PaymentLine, Payout, PayoutState
from payouts.services.refresh_payout import not_covered, void_because

F, M = FileFormat, PayoutMethodKind
# What each format can pay: the methods, the one currency if there is one, and the company's account that it names.
FITS: dict[FileFormat, tuple[PayoutMethodKind, ...]] = {
    F.NACHA: (M.ACH,),
    F.SEPA: (M.IBAN,),
    F.PAYPAL: (M.PAYPAL,),
    F.WISE: (M.WISE, M.IBAN),
}
CURRENCIES = {F.NACHA: "USD", F.SEPA: "EUR"}
ACCOUNTS = {F.NACHA: AccountKind.ACH, F.SEPA: AccountKind.SEPA}
OFFSETS = 2  # A NACHA file has at most so many entries beside its lines: the debits that balance its batches.
MOST_AHEAD = timedelta(days=60)
WITHOUT_ACCOUNT = Payer(holder="", details="")


class FileRefused(Exception):
    """The payment file cannot be made; nothing was. Each reason says what would help."""

    def __init__(self, *reasons: str) -> None:
        self.reasons = reasons
        super().__init__("; ".join(reasons))


@dataclass(frozen=True, slots=True)
class Paid:
    """A payout that goes into the file, with where its money goes and what is written of it."""

    payout: Payout
    method: PayoutMethod
    payment: Payment


@needs(Right.PAY_PAYOUTS)
def make_payment_file(
    *, file_format: FileFormat, payouts: Iterable[int], value_date: date, by: User | None, at: datetime
) -> PaymentFile:
    """This function will write a payment file over approved payouts: all of those named, or none.

    Each is held against its approval and its gates once more. A payout is in one file at a time, so the same
    file cannot be made twice, however often its button is pressed and by how many.

    :raises FileRefused: a payout cannot go into such a file, or the format does not fit the program
    """
    program = Program.current()
    _check_frame(program, file_format, value_date, program.day(at))
    with transaction.atomic():
        account, payer = _payer(file_format)
        paid = _gather(sorted(set(payouts)), file_format, at)
        try:
            written = _write(file_format, [each.payment for each in paid], payer, value_date, program, at)
        except CannotBePaidSo as error:
            raise FileRefused(str(error)) from error
        file = PaymentFile(
            format=file_format,
            value_date=value_date,
            currency=program.currency,
            count=len(paid),
            total=sum((each.payment.amount for each in paid), ZERO),
            account=account,
            message_id=written.message_id,
            sha256=hashlib.sha256(written.content.encode()).hexdigest(),
            made_by=by,
            made_at=at,
        )
        _keep(file, written, paid)
        write_audit(
            by=by,
            at=at,
            action="payment file made",
            subject=f"payment file {file.pk}",
            format=file_format.value,
            count=file.count,
            total=file.total,
            sha256=file.sha256,
        )
    return file


def why_not(file_format: FileFormat, program: Program) -> str:
    """Why no file of this format can be made in a program, whatever the payouts; nothing where one can."""
    currency = CURRENCIES.get(file_format, program.currency)
    if currency != program.currency:
        name = file_format.label.split(" (")[0]
        return (
            f"{name} carries {currency} alone, and this program pays in {program.currency}. Pay these with Wise, or by "
            "a transfer that your bank converts, and note it on the payout"
        )
    kind = ACCOUNTS.get(file_format)
    if kind and not PayingAccount.objects.current().filter(kind=kind).exists():
        return "The company’s own account is not known yet; enter it among the paying accounts"
    return ""


def _check_frame(program: Program, file_format: FileFormat, value_date: date, today: date) -> None:
    if reason := why_not(file_format, program):
        raise FileRefused(reason)
    if reason := why_not_on(file_format, value_date, today):
        raise FileRefused(reason)


def why_not_on(file_format: FileFormat, value_date: date, today: date) -> str:
    """Why a file made today cannot pay on a day; nothing where it can."""
    if value_date < today:
        return f"{day(value_date)} is over; choose today or a later day"
    if value_date > today + MOST_AHEAD:
        return f"{day(value_date)} lies more than {MOST_AHEAD.days} days ahead; is it a slip?"
    if closed := closed_because(file_format, value_date):
        then = first_banking_day(file_format, value_date)
        who = CARRIERS.get(file_format, "most banks")
        return f"{day(value_date)} is {closed}: {who} moves no money then. The next day is {day(then)}"
    return ""


def _payer(file_format: FileFormat) -> tuple[PayingAccount | None, Payer]:
    """The account that pays, locked: whoever makes a file of the kind waits for whoever is making one."""
    kind = ACCOUNTS.get(file_format)
    if kind is None:
        return None, WITHOUT_ACCOUNT
    account = PayingAccount.objects.select_for_update().current().filter(kind=kind).first()
    if account is None:  # It is being replaced at this moment.
        raise FileRefused("The company’s account is being changed; try again")
    payer = Payer(account.holder, account.read_details(), account.bank, account.company_id, account.bic)
    return account, payer


def _gather(keys: list[int], file_format: FileFormat, at: datetime) -> list[Paid]:
    locked = Payout.objects.select_for_update(of=("self",)).select_related("partner").filter(pk__in=keys)
    payouts = list(locked.order_by("pk"))
    if not payouts:
        raise FileRefused("No payout was chosen; choose at least one")
    standing = {line.payout_id: line for line in PaymentLine.objects.standing().filter(payout__in=payouts)}
    counted = dict(PaymentLine.objects.filter(payout__in=payouts).values_list("payout").annotate(Count("pk")))
    partners = {payout.partner_id for payout in payouts}
    methods = {each.partner_id: each for each in PayoutMethod.objects.current().filter(partner__in=partners)}
    persons, listed, beyond = persons_among(partners), gates_of(payouts, at=at), not_covered(payouts)
    paid, reasons = [], []
    for payout in payouts:
        method, line = methods.get(payout.partner_id), standing.get(payout.pk)
        try:
            _check_payout(payout, line, listed[payout.pk], method, file_format, beyond)
            if method is not None:
                number = counted.get(payout.pk, 0) + 1
                payment = _payment(payout, method, number, is_person=payout.partner_id in persons)
                paid.append(Paid(payout, method, payment))
        except (FileRefused, DetailsUnreadable) as refusal:
            reasons.append(f"{payout.partner}: {refusal}")
    if reasons:
        raise FileRefused(*reasons)
    return paid


def _check_payout(
    payout: Payout,
    line: PaymentLine | None,
    listed: tuple[Gate, ...],
    method: PayoutMethod | None,
    file_format: FileFormat,
    beyond: set[int],
) -> None:
    """:raises FileRefused: this payout cannot be in a file of this format now"""
    if line is not None:
        raise FileRefused(f"the payout of {payout.period} is in payment file {line.file_id} already")
    if payout.state != PayoutState.APPROVED:
        state = payout.get_state_display().lower()
        raise FileRefused(f"the payout of {payout.period} is {state}; only an approved one is paid")
    if void := void_because(payout, listed, method, beyond):
        raise FileRefused(f"the approval is void: {'; '.join(void)}. The payout needs a new one")
    if method is None or method.kind not in FITS[file_format]:
        raise FileRefused(f"the money goes to {method}, which a file of {file_format.label} cannot pay")


def _payment(payout: Payout, method: PayoutMethod, number: int, *, is_person: bool) -> Payment:
    """What is paid; `number` counts how often this payout was sent to a bank."""
    return Payment(
        reference=f"P{payout.pk}-{number}",
        key=payout.partner.reference,
        holder=method.holder,
        details=method.read_details(),
        amount=payout.payable or ZERO,
        note=f"Partner commission {month_name(payout.period_id)}",
        email=payout.partner.email,
        is_person=is_person,
    )


def persons_among(partners: Iterable[int]) -> set[int]:
    """The keys of the partners that are persons and no companies, by their tax form."""
    forms = TaxForm.objects.filter(partner__in=partners).order_by("partner_id", "-filed_at").distinct("partner_id")
    return {form.partner_id for form in forms if _is_persons(form)}


def _is_persons(form: TaxForm) -> bool:
    if form.kind == TaxFormKind.W9:
        return form.read_answers().get("classification") == "individual"
    return form.kind == TaxFormKind.W8BEN


def _write(
    file_format: FileFormat,
    payments: list[Payment],
    payer: Payer,
    value_date: date,
    program: Program,
    at: datetime,
) -> Written:
    if file_format == F.NACHA:
        made = PaymentFile.objects.filter(format=F.NACHA)
        today = sum(program.day(moment) == program.day(at) for moment in made.values_list("made_at", flat=True)[:100])
        if today >= len(MODIFIERS):
            raise FileRefused(f"A bank takes at most {len(MODIFIERS)} files a day; make the next one tomorrow")
        lines = PaymentLine.objects.filter(file__format=F.NACHA).count()
        return write_nacha(
            payments,
            payer,
            value_date,
            made_at=at.astimezone(zoneinfo.ZoneInfo(program.time_zone)),
            modifier=MODIFIERS[today],
            first=lines + OFFSETS * made.count() + 1,
        )
    if file_format == F.SEPA:
        return write_sepa(payments, payer, value_date)
    write: Callable[..., Written] = write_paypal if file_format == F.PAYPAL else write_wise
    return write(payments, payer, value_date, currency=program.currency)


def _keep(file: PaymentFile, written: Written, paid: Sequence[Paid]) -> None:
    """This function will store the file, sealed, with its lines; what is written but not recorded goes again."""
    file.put_content(written.content)
    try:
        with transaction.atomic():
            file.save()
            PaymentLine.objects.bulk_create(
                PaymentLine(
                    file=file,
                    payout=each.payout,
                    method=each.method,
                    amount=each.payment.amount,
                    signature=each.payout.signature,
                    reference=written.references[each.payment.reference],
                )
                for each in paid
            )
    except Exception:
        file.file.storage.delete(file.file.name or "")
        raise


@needs(Right.PAY_PAYOUTS)
def take_payment_file(*, file: PaymentFile, by: User | None, at: datetime) -> str:
    """This function will give what a payment file says, accounts and all, and note who took it.

    :raises DetailsUnreadable: what is stored is not what was written
    """
    content = file.read_content()
    if hashlib.sha256(content.encode()).hexdigest() != file.sha256:
        raise DetailsUnreadable(f"Payment file {file.pk} is not what was written")
    write_audit(by=by, at=at, action="payment file taken", subject=f"payment file {file.pk}", sha256=file.sha256)
    return content
