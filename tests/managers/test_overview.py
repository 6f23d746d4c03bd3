"""The program in numbers: each figure against facts that are told by hand."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine

from affiliates.models import Partner
from referrals.models import Lead
from referrals.models.lead import Stage
from referrals.services.move_lead import move_lead
from referrals.services.register_lead import register_lead
from tests.cast import (
    AT,
    chargeback,
    client,
    close,
    close_months,
    invoice,
    line,
    monthly,
    owner_of,
    partner,
    payment,
    program,
    record,
    run,
    sam,
    the_partner,
)  # fmt: skip
from tests.managers.pages import browser_of, csv_of, queries, read

pytestmark = pytest.mark.django_db
OVERVIEW = "/admin/program/"
SPAN = "since=2026-01&until=2026-03"


def figure(key: str, span: str = SPAN) -> list[str]:
    return csv_of(f"{OVERVIEW}?figure={key}&{span}")[1:]


def test_mrr_is_what_was_reckoned_last_and_commission_what_stands_for_the_month() -> None:
    program(
        client("acme"),
        client("brim", of="ben"),
        monthly("acme", "2026-01", "1000.00"),
        monthly("acme", "2026-02", "4500.00", paid="2026-02-10"),
        invoice("late", "acme", "2026-02-01", line("500.00", since="2026-02")),
        monthly("brim", "2026-01", "100.00"),
    )
    close_months("2026-01", "2026-02")
    assert figure("mrr")[:2] == ["2026-01,1100.00", "2026-02,4500.00"]
    assert figure("cost")[:2] == ["2026-01,220.00", "2026-02,900.00"]
    # 500.00 more for February come in March: it has 5,000.00 and 30 % on all of it.
    record(payment("late-paid", "late", "500.00", "2026-03-05"))
    run("2026-03")
    assert figure("mrr") == ["2026-01,1100.00", "2026-02,5000.00", "2026-03,0.00"]
    assert figure("cost") == ["2026-01,220.00", "2026-02,1500.00", "2026-03,0.00"]
    assert figure("share") == ["2026-01,0.2000", "2026-02,0.3000", "2026-03,"]


def test_what_waits_counts_and_what_waited_before_does_not_count_twice() -> None:
    program(client("bolt", closed="2026-01-20"), monthly("bolt", "2026-01", "500.00", paid="2026-01-25"))
    close("2026-01")
    assert figure("cost")[0] == "2026-01,100.00"
    close("2026-02")
    assert figure("cost")[0] == "2026-01,100.00"


def test_partners_are_ranked_by_their_mrr_of_the_last_month() -> None:
    program(
        client("acme"),
        client("brim", of="ben"),
        monthly("acme", "2026-03", "100.00"),
        monthly("brim", "2026-03", "300.00"),
    )
    close("2026-03")
    assert figure("partners") == ["ben,Ben Partners,300.00,60.00", "ada,Ada Partners,100.00,20.00"]


def test_a_cohort_is_followed_by_the_clients_and_the_mrr_that_are_there() -> None:
    program(
        client("stays", closed="2026-01-15"),
        client("goes", closed="2026-01-10", canceled="2026-03-20"),
        monthly("stays", "2026-02", "100.00"),
        monthly("goes", "2026-02", "50.00"),
        monthly("stays", "2026-04", "110.00"),
    )
    close_months("2026-01", "2026-04")
    with time_machine.travel("2026-05-15", tick=False):
        # After one month both, after three one of them; six and twelve months have not passed.
        assert figure("cohorts") == ["2026-01,2,2,150.00,1,110.00,,,,"]


def test_a_client_that_moved_is_counted_once_in_its_cohort() -> None:
    program(client("acme", closed="2026-01-15"), monthly("acme", "2026-02", "100.00"))
    close_months("2026-01", "2026-02")
    record(client("acme", of="ben", closed="2026-01-15"))
    close("2026-03")
    with time_machine.travel("2026-04-01", tick=False):
        assert figure("cohorts") == ["2026-01,1,1,100.00,,,,,,"]


def test_chargebacks_are_set_against_what_came_in() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"), monthly("acme", "2026-02", "1000.00"))
    record(chargeback("acme-2026-01-paid", "100.00", "2026-02-20"))
    close_months("2026-01", "2026-02")
    assert figure("chargebacks") == [
        "2026-01,1000.00,0.00,0,0.0000",
        "2026-02,1000.00,100.00,1,0.1000",
        "2026-03,0.00,0.00,0,",
    ]


def test_a_client_that_moved_brings_its_mrr_once() -> None:
    program(
        client("acme"),
        client("brim", of="ben"),
        monthly("acme", "2026-01", "1000.00"),
        monthly("brim", "2026-01", "4500.00"),
    )
    close("2026-01")
    assert (figure("mrr")[0], figure("cost")[0]) == ("2026-01,5500.00", "2026-01,1100.00")
    record(client("acme", of="ben"))
    close("2026-02")
    # Ben alone has 5,500.00 of January now, and 30 % on all of it; Ada has nothing.
    assert (figure("mrr")[0], figure("cost")[0]) == ("2026-01,5500.00", "2026-01,1650.00")
    assert figure("partners", "since=2026-01&until=2026-01") == [
        "ben,Ben Partners,5500.00,1650.00",
        "ada,Ada Partners,0.00,0.00",
    ]


def plainly(text: str) -> str:
    """A number as a file writes it."""
    return text.replace(",", "").replace("\N{MINUS SIGN}", "-")


def test_each_picture_its_table_and_its_file_say_the_same() -> None:
    program(
        client("acme", closed="2026-01-05"),
        client("brim", of="ben", closed="2026-01-06"),
        *(monthly("acme", f"2026-0{month}", "1250.50") for month in (1, 2, 3)),
        monthly("brim", "2026-03", "4000.00"),
        chargeback("acme-2026-01-paid", "100.00", "2026-02-20"),
    )
    lead_of("ada", "Oak")
    close_months("2026-01", "2026-03")
    answer = browser_of().get(f"{OVERVIEW}?{SPAN}")
    figures = {each.key: each for each in answer.context["figures"]}
    assert set(figures) == {
        "mrr", "cost", "share", "partners", "stages", "times", "channels", "lead-partners", "cohorts", "chargebacks"
    }  # fmt: skip
    for key in ("mrr", "cost", "chargebacks", "partners"):
        shown = [[plainly(cell) for cell in row[1:]] for row in figures[key].rows]
        filed = [line.split(",") for line in figure(key)]
        first = 2 if key == "partners" else 1
        amounts = slice(None, -1) if key == "chargebacks" else slice(None)
        assert [row[amounts] for row in shown] == [row[first:][amounts] for row in filed], key
    for key in ("mrr", "cost"):
        assert [bar.amount for bar in figures[key].chart.bars] == [row[1] for row in figures[key].rows]
    assert sum(Decimal(line.split(",")[1]) for line in figure("mrr")) == Decimal("7751.50")  # 3 · 1,250.50 + 4,000.00


def lead_of(key: str, name: str) -> Lead:
    return register_lead(
        partner=the_partner(key),
        company=f"{name} Ltd",
        contact="Jo",
        email=f"jo@{name.lower()}.example",
        is_attested=True,
        by=owner_of(key),
        at=AT,
    )


def test_leads_are_followed_through_their_stages() -> None:
    program()
    rep = sam()
    first, second = lead_of("ada", "Oak"), lead_of("ada", "Elm")
    lead_of("ben", "Fir")
    for number, stage in enumerate(
        (Stage.QUALIFIED, Stage.DEMO_SCHEDULED, Stage.DEMO_DONE, Stage.PROPOSAL, Stage.WON), 1
    ):
        move_lead(lead=first, to=stage, by=rep, at=AT + timedelta(days=2 * number))
    move_lead(lead=second, to=Stage.QUALIFIED, by=rep, at=AT + timedelta(days=4))
    span = "since=2027-01&until=2027-01"
    stages = figure("stages", span)
    assert stages[:3] == ["Submitted,3,1.0,1", "Qualified,2,0.6667,1", "Demo scheduled,1,0.3333,0"]
    assert "Won,1,0.3333,1" in stages
    assert figure("times", span)[0] == "Submitted,3.0"  # The median of 2 and 4; who is still there does not count.
    assert figure("channels", span) == ["Registered in the portal,3,1,0.3333"]
    assert figure("lead-partners", span) == ["ada,Ada Partners,2,1,0.5", "ben,Ben Partners,1,0,0.0"]


def test_any_past_months_are_shown_and_others_are_refused_in_words() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    close("2026-01")
    browser = browser_of()
    assert "1,000.00 in Jan 2026" in browser.get(f"{OVERVIEW}?since=2026-01&until=2026-01").content.decode()
    for query, words in (
        ("since=2026-03&until=2026-01", "lies before the first month"),
        ("since=nonsense&until=2026-01", "is not a month"),
        ("since=1990-01&until=2026-01", "more than 120 months"),
        ("since=&until=2026-01", "required"),
    ):
        answer = browser.get(f"{OVERVIEW}?{query}")
        assert answer.status_code == 422
        assert words in answer.content.decode()
    assert browser.get(f"{OVERVIEW}?figure=nothing").status_code == 404


def test_a_program_without_anything_says_so() -> None:
    assert "Nothing in these months." in read(OVERVIEW)


def test_a_file_takes_no_name_for_a_formula() -> None:
    program(partner("p"), client("acme", of="p"), monthly("acme", "2026-01", "100.00"))
    Partner.objects.filter(reference="p").update(name="=1+1")
    close("2026-01")
    assert figure("partners", "since=2026-01&until=2026-01") == ["p,'=1+1,100.00,20.00"]


def test_it_costs_the_same_with_much_and_with_little() -> None:
    program(client("acme"), monthly("acme", "2026-01", "100.00"))
    close("2026-01")
    few = queries(OVERVIEW)
    for number in range(12):
        record(partner(f"p{number}"), client(f"c{number}", of=f"p{number}"), monthly(f"c{number}", "2026-02", "10.00"))
    lead_of("ada", "Oak")
    close("2026-02")
    assert queries(OVERVIEW) == few
    assert few <= 20
