"""Clients by the month in which they closed: how many stay, and what they bring."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection

from affiliates.money import ZERO, show_money
from affiliates.months import add_months, last_day, show_month
from parts.formats import counted, short_month
from parts.shapes import Bar, Chart, Figure
from portal.figures.span import Span

AGES = (1, 3, 6, 12)
# A client's part of a month as it was reckoned last; a client that moved brings 0 for the partner that it left.
COHORTS = """
    WITH cohort AS (
        SELECT id, date_trunc('month', closed_on::timestamp)::date AS month, closed_on, canceled_on
        FROM clients_client WHERE closed_on BETWEEN %(first)s AND %(end)s
    ), aged AS (
        SELECT cohort.id, cohort.month, age.months,
               (cohort.month + make_interval(months => age.months))::date AS service_month,
               canceled_on IS NULL OR canceled_on >= (closed_on + make_interval(months => age.months))::date AS is_there
        FROM cohort CROSS JOIN unnest(%(ages)s) AS age(months)
    ), known AS (
        SELECT DISTINCT ON (commission.client_id, commission.partner_id, commission.service_month)
               commission.client_id, commission.service_month, commission.base
        FROM commissions_commission AS commission
        JOIN aged ON aged.id = commission.client_id AND aged.service_month = commission.service_month
        WHERE period_id >= %(first)s
          AND (period_id = %(newest)s OR state = 'posted'
               AND period_id IN (SELECT month FROM commissions_period WHERE closed_at IS NOT NULL))
        ORDER BY commission.client_id, commission.partner_id, commission.service_month, commission.period_id DESC
    ), brought AS (
        SELECT client_id, service_month, sum(base) AS base FROM known GROUP BY client_id, service_month
    )
    SELECT aged.month, aged.months, count(*), count(*) FILTER (WHERE is_there), sum(brought.base)
    FROM aged LEFT JOIN brought ON brought.client_id = aged.id AND brought.service_month = aged.service_month
    GROUP BY aged.month, aged.months
"""


@dataclass(frozen=True, slots=True)
class Aged:
    """A cohort at an age: how many of its clients are there, and their MRR of that month."""

    clients: int
    there: int
    mrr: Decimal


def cohort_figure(span: Span) -> Figure:
    """An age is shown once the whole cohort has reached it."""
    cohorts: dict[date, dict[int, Aged]] = defaultdict(dict)
    sizes: dict[date, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(COHORTS, {**span.parameters, "ages": list(AGES)})
        for month, age, clients, there, mrr in cursor.fetchall():
            sizes[month] = clients
            if last_day(add_months(month, age)) <= span.today:
                cohorts[month][age] = Aged(clients, there, mrr or ZERO)
    months, bars = sorted(sizes), list(_together(cohorts.values()))
    return Figure(
        key="cohorts",
        title="Clients that stay",
        meaning="Clients by the month in which they closed: how many of them, and how much MRR, are there after "
        "1, 3, 6 and 12 months. The picture is all of them together.",
        header=("Closed in", "Clients", *(f"After {counted(age, 'month', 'months')}" for age in AGES)),
        rows=[
            (short_month(month), f"{sizes[month]:,}", *(_cell(cohorts[month].get(age)) for age in AGES))
            for month in months
        ],
        records=[(show_month(month), sizes[month], *_numbers(cohorts[month])) for month in months],
        record_header=(
            "Closed in",
            "Clients",
            *(f"{what} after {age}" for age in AGES for what in ("Clients", "MRR")),
        ),
        says=f"{bars[-1].amount} after {bars[-1].label}" if bars else "",
        chart=Chart("Share of clients that are there", bars),
    )


def _cell(aged: Aged | None) -> str:
    return "" if aged is None else f"{aged.there:,} · {_share(aged.there, aged.clients)} · {show_money(aged.mrr)}"


def _numbers(cohort: dict[int, Aged]) -> Iterator[object]:
    for age in AGES:
        aged = cohort.get(age)
        yield from ("", "") if aged is None else (aged.there, aged.mrr)


def _together(cohorts: Iterable[dict[int, Aged]]) -> Iterator[Bar]:
    for age in AGES:
        aged = [cohort[age] for cohort in cohorts if age in cohort]
        clients, there = sum(each.clients for each in aged), sum(each.there for each in aged)
        if clients:
            yield Bar(counted(age, "month", "months"), there / clients, _share(there, clients))


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f}\N{NO-BREAK SPACE}%"
