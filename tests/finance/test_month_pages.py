"""A month's page: facts in, what needs a look with the way to mend it, the run, what each partner gets and why."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.models import CategoryMapping, InvoiceLine
from clients.recording.problems import Problem, Problems
from clients.services.keep_refusal import keep_refusal
from commissions.models import Commission, Run, RunPart, RunState
from commissions.month_facts import unmapped_words
from commissions.services.adjust_balance import approve_adjustment, enter_adjustment
from commissions.services.compute_part import compute_part
from commissions.services.finish_run import finish_run
from tests.cast import (
    AT,
    Facts,
    abe,
    all_rows,
    chargeback,
    client,
    close,
    day,
    fay,
    invoice,
    line,
    monthly,
    pam,
    partner,
    payment,
    program,
    record,
    run,
    the_partner,
)
from tests.finance.pages import page, part, send, text_of

pytestmark = pytest.mark.django_db

MONTH = "2026-02"
ACME = (client("acme"), monthly("acme", "2026-01", "1000.00"), monthly("acme", MONTH, "1000.00"))


def looks(month: str = MONTH) -> dict[str, tuple[int, str]]:
    return {look.title: (look.count, look.amount) for look in page(fay(), "staff_month", month).context["looks"]}


def test_the_list_of_months_tells_state_and_totals_newest_first() -> None:
    program(*ACME)
    close("2026-01", by=fay())
    run(MONTH)
    said = text_of(page(pam(), "staff_months"))
    assert said.index("February 2026") < said.index("January 2026")
    assert "February 2026 Computed 200.00 0.00 1" in said
    assert "Open February 2026" in said
    assert "2026-01,closed,200.00,0.00,1," in page(fay(), "staff_months", format="csv").getvalue().decode()


def test_facts_are_told_with_when_they_came_and_those_after_the_run_are_marked() -> None:
    program(*ACME, client("new", closed="2026-02-03"))
    close("2026-01")
    run(MONTH)
    assert "Came after it" not in text_of(page(fay(), "staff_month", MONTH))
    record(monthly("new", MONTH, "70.00"), chargeback("acme-2026-02-paid", "10.00", "2026-02-20"))
    answer = page(fay(), "staff_month", MONTH)
    assert answer.context["facts"] == [
        ("Clients closed", "1", "0 cancelled"),
        ("Invoices issued", "2", "1,070.00"),
        ("Payments received", "2", "1,070.00"),
        ("Refunds and chargebacks", "1", "\N{MINUS SIGN}10.00"),
    ]
    said = text_of(answer)
    assert "Came after it" in said
    assert "Older than its facts" in said
    assert "Close this month" not in said


def test_what_needs_a_look_is_counted_with_what_is_at_stake() -> None:
    partly = invoice("half", "acme", "2026-02-03", line("500.00", since=MONTH))
    program(
        *ACME,
        partly,
        payment("half-paid", "half", "200.00", "2026-02-04"),
        partner("eve", ended="2026-01-31"),
        client("evan", "eve"),
        client("bob", "ben"),
        monthly("bob", "2026-01", "1000.00"),
        monthly("bob", MONTH, "9000.00"),
        chargeback("acme-2026-01-paid", "100.00", "2026-02-10"),
    )
    close("2026-01")
    keep_refusal(source="x", problems=Problems([Problem("x.csv", 2, "k", "c", "odd", "even")], 1), by=None, at=AT)
    run(MONTH)
    assert looks() == {
        "Invoices partly paid": (1, "300.00 missing"),
        "Clients of ended partners": (1, ""),
        "Facts refused": (1, ""),
        "Commission moved by more than 50 %": (1, ""),
        "Rate changed": (1, ""),
        "Chargebacks": (1, "100.00"),
    }
    for name, arguments, words in (
        ("staff_month_partly_paid", [MONTH], "half Acme Inc. Ada Partners 3 Feb 2026 500.00 200.00 300.00"),
        ("staff_month_ended_partners", [MONTH], "Evan Inc. Eve Partners 31 Jan 2026 0.00"),
        ("staff_refused", [], "x.csv:2 k c odd even"),
        ("staff_negative_balances", [], "Nobody owes"),
    ):
        assert words in text_of(page(fay(), name, *arguments))
    moved = text_of(page(fay(), "staff_month", MONTH, show="moved"))
    assert "Ben Partners 2,700.00 200.00 +2,500.00 Unusual" in moved
    assert "Ada Partners" not in moved


def test_a_partner_who_owes_is_shown_with_its_balance() -> None:
    program(*ACME)
    close("2026-01")
    ada, amount = the_partner("ada"), Decimal("-500.00")
    adjustment = enter_adjustment(partner=ada, amount=amount, reason="Paid twice", by=fay(), at=AT)
    approve_adjustment(adjustment=adjustment, by=abe(), at=AT, on=AT.date())
    assert looks()["Negative balances"] == (1, "\N{MINUS SIGN}300.00")
    assert "Ada Partners \N{MINUS SIGN}300.00 1 Jan 2027" in text_of(page(fay(), "staff_negative_balances"))


def test_a_refusal_goes_once_its_source_was_recorded() -> None:
    keep_refusal(source="test", problems=Problems([Problem("x.csv", 2, "", "", "odd", "even")], 1), by=None, at=AT)
    program(*ACME)
    assert "Nothing is refused" in text_of(page(fay(), "staff_refused"))


def test_a_word_is_mapped_in_one_step_and_earns_with_the_next_run() -> None:
    program(
        *ACME, invoice("I", "acme", "2026-02-01", line("500.00", "AI seats")), payment("P", "I", "500.00", "2026-02-02")
    )
    close("2026-01")
    run(MONTH)
    answer = page(fay(), "staff_month", MONTH)
    assert [(word.word, word.amount) for word in answer.context["words"]] == [("AI seats", "500.00")]
    said = text_of(send(fay(), "staff_month_map", MONTH, word="AI seats", category="subscription"))
    assert "“AI seats” counts as subscription and earns with the next run." in said
    assert "Older than its facts" in said
    assert CategoryMapping.objects.get().decided_by == fay()
    send(fay(), "staff_month_compute", MONTH)
    work()
    assert Run.objects.get(period=day("2026-02-01")).posted == 300
    again = text_of(send(fay(), "staff_month_map", MONTH, word="AI seats", category="tax"))
    assert "“AI seats” is known already" in again
    assert CategoryMapping.objects.get().category == "subscription"


def test_nothing_is_mapped_without_a_choice_or_without_the_right() -> None:
    program(*ACME, invoice("I", "acme", "2026-02-01", line("500.00", "AI seats")))
    assert "choose what the word counts as" in text_of(
        send(fay(), "staff_month_map", MONTH, word="AI seats", category="")
    )
    assert send(abe(), "staff_month_map", MONTH, word="AI seats", category="tax").status_code == 403
    assert "<button" not in str(page(abe(), "staff_month", MONTH).context["words"])
    assert not CategoryMapping.objects.exists()


def test_computing_begins_the_run_and_the_page_follows_it() -> None:
    program(*ACME)
    close("2026-01")
    said = text_of(send(fay(), "staff_month_compute", MONTH))
    assert "0 of 1" in said
    answer = part(fay(), "staff_month_run", MONTH)
    assert 'hx-trigger="every 2s"' in answer.content.decode()
    assert "HX-Refresh" not in answer.headers
    assert Run.objects.get(period=day("2026-02-01")).computed_by == fay()
    work()
    answer = part(fay(), "staff_month_run", MONTH)
    assert answer.headers["HX-Refresh"] == "true"
    assert "hx-trigger" not in answer.content.decode()
    assert "Close this month" in text_of(page(fay(), "staff_month", MONTH))
    assert "Close this month" not in text_of(page(pam(), "staff_month", MONTH))


def work() -> None:
    """What the workers do."""
    for due in RunPart.objects.filter(done_at=None):
        compute_part(part_id=due.pk, at=AT)
        finish_run(run_id=due.run_id, at=AT)


def test_recomputing_everything_comes_to_the_same() -> None:
    program(*ACME)
    close("2026-01")
    run(MONTH)
    before = Run.objects.get(period=day("2026-02-01"))
    send(fay(), "staff_month_compute", MONTH, full="yes")
    work()
    after = Run.objects.get(pk=before.pk)
    assert (after.is_full, after.posted, after.posted_rows) == (True, before.posted, before.posted_rows)


def test_a_closed_month_is_not_computed_and_one_without_the_right_computes_nothing() -> None:
    program(*ACME)
    close("2026-01")
    before = all_rows()["commissions_run"]
    assert "2026-01 is closed" in text_of(send(fay(), "staff_month_compute", "2026-01"))
    assert send(pam(), "staff_month_compute", MONTH).status_code == 403
    assert all_rows()["commissions_run"] == before


def test_a_failed_run_says_why_and_how_it_goes_on() -> None:
    program(*ACME)
    run(MONTH)
    Run.objects.update(state=RunState.FAILED, error="disk full")
    said = text_of(page(fay(), "staff_month", MONTH))
    assert "disk full" in said
    assert "Compute again" in said


@pytest.mark.parametrize("month", ["2026-13", "soon", "2026-1"])
def test_what_is_no_month_is_not_there(month: str) -> None:
    assert page(fay(), "staff_month", month).status_code == 404


def test_a_line_opens_its_reason_in_the_words_of_the_company() -> None:
    program(*ACME)
    close("2026-01")
    found = Commission.objects.get()
    said = text_of(page(fay(), "staff_commission", found.pk))
    assert "All clients of Ada Partners together made an MRR of 1,000.00" in said
    assert "20 % of 1,000.00 is 200.00." in said
    assert "Dispute this line" not in said
    lines = text_of(page(fay(), "staff_month_partner", "2026-01", the_partner("ada").pk))
    assert "Acme Inc. Jan 2026 1,000.00 20 % 200.00 Posted" in lines


def test_the_page_makes_as_many_queries_for_thirty_partners_as_for_one() -> None:
    program(*ACME)
    grow(0, 1)
    close("2026-01")
    run(MONTH)
    few = queries()
    grow(1, 30)
    run(MONTH)
    assert queries() == few


def grow(first: int, last: int) -> None:
    facts: list[Facts] = []
    for number in range(first, last):
        key = f"c{number}"
        odd = (invoice(f"o{number}", key, "2026-02-02", line("9.00", f"odd {number}")),)
        half = invoice(f"h{number}", key, "2026-02-02", line("9.00", since=MONTH))
        facts += [partner(f"p{number}"), client(key, f"p{number}"), monthly(key, MONTH, "100.00"), *odd, half]
        facts += [payment(f"h{number}-paid", f"h{number}", "1.00", "2026-02-03")]
    record(*facts)


def queries() -> int:
    page(fay(), "staff_month", MONTH)
    with CaptureQueriesContext(connection) as captured:
        assert page(fay(), "staff_month", MONTH).status_code == 200
    return len(captured)


def test_the_words_of_billing_are_found_by_an_index_of_their_own() -> None:
    lines = (line("1.00", "toll_free") for _ in range(2_000))
    program(partner("ada"), client("acme"), invoice("many", "acme", "2026-02-02", *lines, line("9.00", "odd")))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    # The lines alone: whether PostgreSQL begins with them or with their invoices hangs on what it knows of both.
    assert "lines_of_unknown_words" in InvoiceLine.objects.unmapped().explain()
    assert [row["category"] for row in unmapped_words()] == ["odd"]
