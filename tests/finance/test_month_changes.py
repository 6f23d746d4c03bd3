"""Why a partner's commission is another than the month before: each reason alone, and all of them together."""

from decimal import Decimal
from typing import Any

import pytest

from affiliates.months import add_months, parse_month
from commissions.models import Period
from commissions.month_changes import in_words, partners_of, reasons_of, totals_of
from tests.cast import (
    Facts,
    chargeback,
    client,
    close,
    day,
    invoice,
    line,
    monthly,
    partner,
    payment,
    program,
    record,
    run,
    the_partner,
)

pytestmark = pytest.mark.django_db

ACME = (client("acme"), monthly("acme", "2026-01", "1000.00"), monthly("acme", "2026-02", "1000.00"))


def reasons(month: str, *facts: Facts, of: str = "ada") -> dict[str, Decimal]:
    """The reasons of a partner's change, in a month that is computed upon the closed one before it."""
    program(*facts)
    close(f"{add_months(parse_month(month), -1):%Y-%m}")
    run(month)
    found = reasons_of(parse_month(month), [the_partner(of)]).get(the_partner(of).pk, [])
    assert sum((reason.amount for reason in found), Decimal(0)) == changed(month, of)
    return {reason.kind: reason.amount for reason in found}


def changed(month: str, of: str = "ada") -> Decimal:
    row: Any = partners_of(parse_month(month)).filter(pk=the_partner(of).pk).first()
    return Decimal(row.change) if row else Decimal(0)


def test_nothing_changed_has_no_reason() -> None:
    assert reasons("2026-02", *ACME) == {}


def test_a_new_client_of_a_month_that_matured_at_once() -> None:
    # Closed on 1 January, so it is matured on 1 February; January's own money waited in January's run.
    new = (client("new", closed="2026-01-01"), monthly("new", "2026-02", "100.00"))
    assert reasons("2026-02", *ACME, *new) == {"new": Decimal("20.00")}


def test_waiting_that_is_over_is_told_with_the_months_that_waited() -> None:
    new = (client("new", closed="2026-01-20"), monthly("new", "2026-01", "50.00"), monthly("new", "2026-02", "100.00"))
    assert reasons("2026-02", *ACME, *new) == {"matured": Decimal("30.00")}


def test_a_client_that_cancelled_and_one_that_did_not_pay() -> None:
    gone = (client("gone", canceled="2026-01-31"), monthly("gone", "2026-01", "100.00"))
    late = (client("late"), monthly("late", "2026-01", "200.00"), monthly("late", "2026-02", "200.00", paid=None))
    expected = {"cancelled": Decimal("-20.00"), "unpaid": Decimal("-40.00")}
    assert reasons("2026-02", *ACME, *gone, *late) == expected


def test_a_tier_that_is_reached_and_the_money_that_reached_it_are_told_apart() -> None:
    # January: 1,000 at 20 % = 200. February: 5,000 at 30 % = 1,500. The rate gave 10 % of 1,000, the money the rest.
    facts = (client("acme"), monthly("acme", "2026-01", "1000.00"), monthly("acme", "2026-02", "5000.00"))
    assert reasons("2026-02", *facts) == {"rate": Decimal("100.00"), "money": Decimal("1200.00")}
    row: Any = partners_of(parse_month("2026-02")).get(pk=the_partner("ada").pk)
    words = list(in_words(row, reasons_of(row_month(), [row])[row.pk]))
    assert words == [
        "1 client paid more +1,200.00",
        "Rate lifted from 20\N{NO-BREAK SPACE}% to 30\N{NO-BREAK SPACE}% +100.00",
    ]


def row_month() -> Any:
    return parse_month("2026-02")


def test_late_money_lifts_an_earlier_month_and_its_rate() -> None:
    # 4,500 of January came in February: January's MRR is 5,500, so acme's 1,000 earn 10 % more as well.
    late = (client("late"), monthly("late", "2026-01", "4500.00", paid="2026-02-05"))
    expected = {"late": Decimal("1350.00"), "earlier_rate": Decimal("100.00")}
    assert reasons("2026-02", *ACME, *late) == expected


def test_a_chargeback_is_taken_back() -> None:
    back = chargeback("acme-2026-01-paid", "500.00", "2026-02-10")
    assert reasons("2026-02", *ACME, back) == {"clawback": Decimal("-100.00")}


def test_what_settled_earlier_months_the_month_before_does_not_come_again() -> None:
    program(*ACME, monthly("acme", "2026-03", "1000.00"))
    close("2026-01")
    record(chargeback("acme-2026-01-paid", "500.00", "2026-02-10"))
    close("2026-02")
    run("2026-03")
    found = reasons_of(parse_month("2026-03"), [the_partner("ada")])[the_partner("ada").pk]
    assert [(reason.kind, reason.amount) for reason in found] == [("once", Decimal("100.00"))]
    assert changed("2026-03") == Decimal("100.00")


def test_a_client_that_moved_takes_its_commission_along() -> None:
    program(*ACME)
    close("2026-01")
    record(client("acme", of="ben"))
    run("2026-02")
    both = reasons_of(parse_month("2026-02"), [the_partner("ada"), the_partner("ben")])
    taken = {reason.kind: reason.amount for reason in both[the_partner("ada").pk]}
    given = {reason.kind: reason.amount for reason in both[the_partner("ben").pk]}
    assert taken == {"moved": Decimal("-400.00")}
    assert given["moved"] == Decimal("200.00")
    assert sum(given.values()) == changed("2026-02", "ben") == Decimal("400.00")


def test_reasons_add_up_to_the_change_whatever_happened() -> None:
    """Many kinds of things at once, over three months and several partners."""
    facts: list[Facts] = [partner("cyd")]
    for number in range(24):
        key, of = f"c{number}", ("ada", "ben", "cyd")[number % 3]
        facts.append(client(key, of, closed=f"2026-0{number % 3 + 1}-{number % 27 + 1:02d}"))
        for place in range(1, 4):
            paid = {0: "", 1: "2026-03-20", 2: None}[(number + place) % 3]
            facts.append(monthly(key, f"2026-0{place}", f"{(number * 137 + place * 61) % 900 + 100}.37", paid=paid))
    program(*facts)
    record(
        invoice("quarter", "c3", "2026-01-05", line("900.00", since="2026-01", months=3)),
        payment("quarter-paid", "quarter", "900.00", "2026-01-06"),
    )
    close("2026-01")
    record(chargeback("quarter-paid", "450.00", "2026-02-06"), client("c6", of="ben", closed="2026-01-07"))
    close("2026-02")
    record(client("c9", of="ada", closed="2026-01-10", canceled="2026-02-20"))
    for month in ("2026-02", "2026-03"):
        run(month) if month == "2026-03" else None
        rows: list[Any] = list(partners_of(parse_month(month)))
        found = reasons_of(parse_month(month), rows)
        told = {row.pk: sum((reason.amount for reason in found.get(row.pk, [])), Decimal(0)) for row in rows}
        assert told == {row.pk: row.change for row in rows}
        assert all(list(in_words(row, found.get(row.pk, []))) is not None for row in rows)
    assert Period.objects.closed().count() == 2


def test_what_moved_by_more_than_the_share_and_whose_rate_changed_is_counted() -> None:
    facts = (client("acme"), monthly("acme", "2026-01", "1000.00"), monthly("acme", "2026-02", "5000.00"))
    half = (client("bob", "ben"), monthly("bob", "2026-01", "1000.00"), monthly("bob", "2026-02", "1500.00"))
    program(*facts, *half)
    close("2026-01")
    run("2026-02")
    totals = totals_of(day("2026-02-01"))
    assert (totals.now, totals.before) == (Decimal("1800.00"), Decimal("400.00"))
    assert (totals.partners, totals.moved, totals.rates) == (2, 1, 1)  # Exactly half more is not more than half.
