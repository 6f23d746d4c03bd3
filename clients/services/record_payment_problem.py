from datetime import date, datetime

from django.db import transaction
from django.urls import reverse

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit
from affiliates.models import Program
from affiliates.services.tell_partner import tell_partner
from clients.models import Client, Invoice, PaymentProblem, ProblemKind
from notices.models import EventKind, NoticeKind
from notices.services.write_event import write_event
from parts.formats import day

SAID = {
    ProblemKind.FAILED: ("A payment of {client} failed", "A payment of {client}{invoice} failed on {day}."),
    ProblemKind.DISPUTED: ("{client} disputes a payment", "{client} disputed a payment{invoice} on {day}."),
}
MEANING = {
    ProblemKind.FAILED: (
        "Nothing is taken from your commission: an invoice earns once it is paid in full (Appendix B, all monies"
        " received). You may want to ask your client about it."
    ),
    ProblemKind.DISPUTED: (
        "Nothing is taken from your commission yet. Should the money be charged back, commission on it is withheld"
        " and taken back in the next month’s run (Appendix B, chargebacks), and we tell you at once."
    ),
}


class ProblemRefused(Exception):
    """The problem does not fit its client: another client's invoice, or a day that has not come."""


@needs(Right.RECORD_PROBLEMS)
def record_payment_problem(
    *,
    client: Client,
    kind: ProblemKind,
    occurred_on: date,
    key: str,
    by: User | None,
    at: datetime,
    invoice: Invoice | None = None,
    note: str = "",
) -> PaymentProblem:
    """This function will record that a client's payment failed or is disputed, and tell the partner at once (B).

    The same key is recorded, and told, once; later it gives what was recorded then.

    :raises ProblemRefused: the invoice is another client's, or the day lies ahead
    """
    if invoice is not None and invoice.client_id != client.pk:
        raise ProblemRefused(f"Invoice {invoice} is another client’s; choose one of {client}")
    if occurred_on > Program.current().day(at):
        raise ProblemRefused(f"{day(occurred_on)} lies ahead; a problem is recorded once it happened")
    with transaction.atomic():
        problem, is_new = PaymentProblem.objects.get_or_create(
            key=key,
            defaults={
                "client": client, "partner_id": client.partner_id, "invoice": invoice, "kind": kind,
                "occurred_on": occurred_on, "note": note.strip(), "recorded_at": at, "recorded_by": by,
            },
        )  # fmt: skip
        if is_new:
            _tell(problem, at)
            subject = f"client {client.reference}"
            write_audit(by=by, at=at, action="payment problem recorded", subject=subject, kind=kind.value, key=key)
            write_event(
                kind=EventKind.PAYMENT_PROBLEM,
                partner_id=problem.partner_id,
                subject=f"client {client.pk}",
                at=at,
                client=client.reference,
                name=client.name,
                partner=problem.partner.reference,
                invoice=invoice.reference if invoice else None,
                problem=kind.value,
                occurred_on=occurred_on,
            )
    return problem


def _tell(problem: PaymentProblem, at: datetime) -> None:
    subject, what = SAID[ProblemKind(problem.kind)]
    words = {
        "client": problem.client.name,
        "invoice": f" of invoice {problem.invoice}" if problem.invoice else "",
        "day": day(problem.occurred_on),
    }
    tell_partner(
        partner=problem.partner,
        kind=NoticeKind.BILLING_PROBLEM,
        key=problem.notice_key,
        subject=subject.format(**words),
        paragraphs=[what.format(**words), problem.note, MEANING[ProblemKind(problem.kind)]],
        at=at,
        path=reverse("client", args=[problem.client_id]),
    )
