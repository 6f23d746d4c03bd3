"""A payment problem is recorded once, told at once, and shows when: appendix B, "promptly notify"."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import AuditEntry
from accounts.rights import NotPermitted
from affiliates.services.gather_notices import gather_notices
from affiliates.services.letterhead import letterhead
from clients.models import Client, Invoice, PaymentProblem, ProblemKind
from clients.services.record_payment_problem import ProblemRefused, record_payment_problem
from notices.models import MAY_BE_OFF, Notice, NoticeKind, Pace
from notices.services.send_notice import send_notice
from notices.services.set_pace import set_pace
from tests.cast import AT, all_rows, client, day, fay, monthly, owner_of, pam, program, sam, the_partner
from tests.finance.pages import page, send, text_of

pytestmark = pytest.mark.django_db


def told(**changes: Any) -> PaymentProblem:
    facts: dict[str, Any] = {
        "client": Client.objects.get(reference="acme"),
        "kind": ProblemKind.FAILED,
        "occurred_on": day("2026-12-30"),
        "key": "one",
        "by": fay(),
        "at": AT,
    }
    return record_payment_problem(**facts | changes)


@pytest.fixture(autouse=True)
def acme() -> None:
    program(client("acme"), monthly("acme", "2026-12", "100.00"), client("bob", "ben"))


@pytest.mark.parametrize("kind", list(ProblemKind))
def test_its_notice_is_due_at_once_even_for_who_hears_of_all_else_once_a_day(kind: ProblemKind) -> None:
    owner = owner_of("ada")
    for each in MAY_BE_OFF:
        set_pace(person=owner, partner_id=the_partner("ada").pk, kind=each, pace=Pace.DAILY, at=AT)
    problem = told(kind=kind)
    notices = Notice.objects.under([problem.notice_key])[problem.notice_key]
    assert {notice.recipient for notice in notices} == {owner.email, the_partner("ada").email}
    assert {(notice.kind, notice.is_daily, notice.created_at) for notice in notices} == {
        (NoticeKind.BILLING_PROBLEM, False, AT)
    }
    assert set(Notice.objects.due(at=AT)) >= set(notices)
    # The sweep of the same minute sends it; the record shows when.
    assert gather_notices(at=AT) == 0
    sent = AT + timedelta(seconds=40)
    for notice in notices:
        assert send_notice(notice_id=notice.pk, letterhead=letterhead(), at=sent)
    said = text_of(page(fay(), "staff_problem", problem.pk))
    assert "1 Jan 2027, 04:00" in said
    assert said.count("Sent") >= 2


def test_the_same_key_is_recorded_and_told_once() -> None:
    first = told()
    notices = Notice.objects.count()
    again = told(note="said again", at=AT + timedelta(hours=1))
    assert (again.pk, again.note) == (first.pk, "")
    assert (PaymentProblem.objects.count(), Notice.objects.count()) == (1, notices)
    assert AuditEntry.objects.filter(action="payment problem recorded").count() == 1


def test_another_clients_invoice_and_a_day_ahead_are_refused() -> None:
    invoice = Invoice.objects.get(reference="acme-2026-12")
    before = all_rows()
    with pytest.raises(ProblemRefused, match="another client’s"):
        told(client=Client.objects.get(reference="bob"), invoice=invoice)
    with pytest.raises(ProblemRefused, match="lies ahead"):
        told(occurred_on=day("2027-01-02"))
    for nobody in (sam(), pam()):
        with pytest.raises(NotPermitted):
            told(by=nobody)
    assert {**all_rows(), **people(before)} == before


def people(before: dict[str, list[str]]) -> dict[str, list[str]]:
    """The tables that making the cast itself changes."""
    return {table: before[table] for table in before if table.startswith(("accounts_user", "auth_"))}


def test_the_partner_sees_it_at_the_client_and_another_partner_does_not() -> None:
    told(note="The card was declined", invoice=Invoice.objects.get(reference="acme-2026-12"))
    acme = Client.objects.get(reference="acme")
    said = text_of(page(owner_of("ada"), "client", acme.pk))
    assert "Payment failed" in said
    assert "The card was declined" in said
    assert page(owner_of("ben"), "client", acme.pk).status_code == 404


def test_finance_records_one_and_a_double_click_does_so_once() -> None:
    form = page(fay(), "staff_problem_new").context["form"]
    fields = {
        "key": form.initial["key"],
        "client": "ACME",
        "invoice": "",
        "kind": "disputed",
        "occurred_on": "2026-12-31",
        "note": "",
    }
    for _ in range(2):
        answer = send(fay(), "staff_problem_new", **fields)
        assert "Payment disputed: Acme Inc." in text_of(answer)
    assert PaymentProblem.objects.count() == 1
    assert "Acme Inc." in text_of(page(fay(), "staff_problems"))


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("client", "nobody", "There is no client with this key."),
        ("invoice", "nothing", "There is no invoice with this key."),
        ("occurred_on", "2027-02-01", "lies ahead"),
    ],
)
def test_a_form_that_does_not_fit_says_what_would(field: str, value: str, said: str) -> None:
    fields = {"key": "k", "client": "acme", "invoice": "", "kind": "failed", "occurred_on": "2026-12-31", "note": ""}
    answer = send(fay(), "staff_problem_new", **fields | {field: value})
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert not PaymentProblem.objects.exists()
