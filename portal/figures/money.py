"""What partners' clients bring in, what it costs, and what is charged back."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.urls import reverse

from affiliates.models import Partner
from affiliates.money import ZERO, show_money
from affiliates.months import show_month
from parts.formats import MONTHS, short_month
from parts.shapes import Bar, Chart, Figure, Ranking
from portal.figures.span import Span

SHOWN = 10
# Amounts that stand (posted in closed months, and all of the newest month) by service month and by partner. A
# partner's MRR of a service month is the one that was reckoned last: late money lifts it. No month is posted before
# its own period, so the index by period keeps old ones away.
MONEY = """
    WITH standing AS (
        SELECT partner_id, service_month, period_id, max(mrr) AS mrr, sum(amount) AS amount
        FROM commissions_commission
        WHERE period_id >= %(first)s AND service_month BETWEEN %(first)s AND %(last)s
          AND (period_id = %(newest)s OR state = 'posted'
               AND period_id IN (SELECT month FROM commissions_period WHERE closed_at IS NOT NULL))
        GROUP BY partner_id, service_month, period_id
    ), month AS (
        SELECT partner_id, service_month, (array_agg(mrr ORDER BY period_id DESC))[1] AS mrr, sum(amount) AS amount
        FROM standing
        GROUP BY partner_id, service_month
    )
    SELECT service_month, partner_id, sum(mrr), sum(amount), sum(mrr) FILTER (WHERE service_month = %(last)s)
    FROM month
    GROUP BY GROUPING SETS ((service_month), (partner_id))
"""
CHARGED_BACK = """
    SELECT date_trunc('month', day::timestamp)::date, sum(received), sum(back), count(back)
    FROM (
        SELECT received_on AS day, amount AS received, NULL::numeric AS back
        FROM clients_payment WHERE received_on BETWEEN %(first)s AND %(end)s
        UNION ALL
        SELECT occurred_on, NULL, amount
        FROM clients_reversal WHERE kind = 'chargeback' AND occurred_on BETWEEN %(first)s AND %(end)s
    ) AS money
    GROUP BY 1
"""


def money_figures(span: Span) -> list[Figure]:
    """MRR, commission, its share, and the partners that bring most."""
    months: dict[date, tuple[Decimal, Decimal]] = dict.fromkeys(span.months, (ZERO, ZERO))
    partners: list[tuple[int, Decimal, Decimal]] = []
    for month, partner, mrr, amount, last in _rows(MONEY, span):
        if partner is None:
            months[month] = (mrr, amount)
        else:
            partners.append((partner, last or ZERO, amount))
    if not partners:
        months = {}
    return [_mrr(months), _cost(months), _share(months), _top(partners, span)]


def chargeback_figure(span: Span) -> Figure:
    """How much of what came in each month was charged back."""
    found = {
        month: (received or ZERO, back or ZERO, count) for month, received, back, count in _rows(CHARGED_BACK, span)
    }
    rows = [(month, *found.get(month, (ZERO, ZERO, 0))) for month in span.months] if found else []
    return Figure(
        key="chargebacks",
        title="Chargeback rate",
        meaning="Chargebacks dated in the month, over the payments received in it; what was won back stays in.",
        header=("Month", "Received", "Charged back", "Chargebacks", "Rate"),
        rows=[
            (short_month(month), show_money(received), show_money(back), f"{count:,}", _percent(_ratio(back, received)))
            for month, received, back, count in rows
        ],
        records=[
            (show_month(month), received, back, count, "" if not received else _ratio(back, received))
            for month, received, back, count in rows
        ],
        says=_newest([(month, _percent(_ratio(back, received))) for month, received, back, _ in rows]),
        chart=Chart(
            "Chargeback rate by month",
            [
                Bar(_label(month), float(_ratio(back, received) or 0), _percent(_ratio(back, received)))
                for month, received, back, _ in rows
            ],
        ),
    )


def _mrr(months: dict[date, tuple[Decimal, Decimal]]) -> Figure:
    return Figure(
        key="mrr",
        title="MRR referred",
        meaning="What partners’ clients paid for their subscription of the month, after what was reversed in it.",
        header=("Month", "MRR"),
        rows=[(short_month(month), show_money(mrr)) for month, (mrr, _) in months.items()],
        records=[(show_month(month), mrr) for month, (mrr, _) in months.items()],
        says=_newest([(month, show_money(mrr)) for month, (mrr, _) in months.items()]),
        chart=Chart(
            "MRR by month", [Bar(_label(month), float(mrr), show_money(mrr)) for month, (mrr, _) in months.items()]
        ),
    )


def _cost(months: dict[date, tuple[Decimal, Decimal]]) -> Figure:
    return Figure(
        key="cost",
        title="Commission",
        meaning="What the service month costs in commission so far, whenever it was posted, with what still waits.",
        header=("Month", "Commission"),
        rows=[(short_month(month), show_money(amount)) for month, (_, amount) in months.items()],
        records=[(show_month(month), amount) for month, (_, amount) in months.items()],
        says=_newest([(month, show_money(amount)) for month, (_, amount) in months.items()]),
        chart=Chart(
            "Commission by month",
            [Bar(_label(month), float(amount), show_money(amount)) for month, (_, amount) in months.items()],
        ),
    )


def _share(months: dict[date, tuple[Decimal, Decimal]]) -> Figure:
    shares = {month: _ratio(amount, mrr) for month, (mrr, amount) in months.items()}
    return Figure(
        key="share",
        title="Commission as a share of MRR",
        meaning="Commission of the service month over its MRR: between the lowest and the highest rate of the plans.",
        header=("Month", "Share"),
        rows=[(short_month(month), _percent(share)) for month, share in shares.items()],
        records=[(show_month(month), "" if share is None else share) for month, share in shares.items()],
        says=_newest([(month, _percent(share)) for month, share in shares.items()]),
        chart=Chart(
            "Share by month",
            [Bar(_label(month), float(share or 0), _percent(share)) for month, share in shares.items()],
        ),
    )


def _top(partners: list[tuple[int, Decimal, Decimal]], span: Span) -> Figure:
    ranked = sorted(partners, key=lambda each: (-each[1], -each[2], each[0]))
    names = {each.pk: each for each in Partner.objects.filter(pk__in=[key for key, _, _ in ranked])}
    return Figure(
        key="partners",
        title="Top partners",
        meaning=f"By MRR in {short_month(span.last)}; the commission is that of all months shown.",
        header=("Partner", "MRR", "Commission"),
        rows=[(str(names[key]), show_money(mrr), show_money(amount)) for key, mrr, amount in ranked[:SHOWN]],
        records=[(names[key].reference, names[key].name, mrr, amount) for key, mrr, amount in ranked],
        record_header=("Key", "Partner", "MRR", "Commission"),
        ranking=Ranking(
            [
                Bar(str(names[key]), float(mrr), show_money(mrr), reverse("staff_partner", args=[key]))
                for key, mrr, _ in ranked[:SHOWN]
            ]
        ),
    )


def _rows(query: str, span: Span) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, span.parameters)
        return list(cursor.fetchall())


def _ratio(part: Decimal, whole: Decimal) -> Decimal | None:
    return round(part / whole, 4) if whole else None


def _percent(ratio: Decimal | None) -> str:
    return "–" if ratio is None else f"{ratio * 100:.1f}\N{NO-BREAK SPACE}%"


def _newest(written: list[tuple[date, str]]) -> str:
    """The newest month's number in words."""
    return f"{written[-1][1]} in {short_month(written[-1][0])}" if written else ""


def _label(month: date) -> str:
    return MONTHS[month.month - 1][:3]
