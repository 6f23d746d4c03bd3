"""What becomes of leads: by stage, by channel, by partner, and how long they take."""

from datetime import timedelta

from django.db import connection
from django.urls import reverse

from affiliates.models import Partner
from parts.shapes import Bar, Figure, Ranking
from portal.figures.span import Span
from referrals.models.lead import ENDED, Channel, Stage

SHOWN = 10
LEADS = """
    SELECT stage, channel, partner_id, count(*), count(*) FILTER (WHERE stage = 'won')
    FROM referrals_lead
    WHERE registered_on BETWEEN %(first)s AND %(end)s
    GROUP BY GROUPING SETS ((stage), (channel), (partner_id))
"""
STEPS = """
    SELECT stage, count(DISTINCT lead_id),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM left_at - at))
    FROM (
        SELECT step.lead_id, step.stage, step.at,
               lead(step.at) OVER (PARTITION BY step.lead_id ORDER BY step.id) AS left_at
        FROM referrals_leadstep AS step JOIN referrals_lead AS lead ON lead.id = step.lead_id
        WHERE lead.registered_on BETWEEN %(first)s AND %(end)s
    ) AS moved
    GROUP BY stage
"""
Counts = dict[object, tuple[int, int]]  # Leads, and those won.


def lead_figures(span: Span) -> list[Figure]:
    with connection.cursor() as cursor:
        cursor.execute(LEADS, span.parameters)
        found = cursor.fetchall()
        cursor.execute(STEPS, span.parameters)
        steps = {stage: (count, seconds) for stage, count, seconds in cursor.fetchall()}
    stages: Counts = {stage: (leads, won) for stage, _, _, leads, won in found if stage is not None}
    channels: Counts = {channel: (leads, won) for _, channel, _, leads, won in found if channel is not None}
    partners: Counts = {partner: (leads, won) for _, _, partner, leads, won in found if partner is not None}
    return [
        _stages(stages, {stage: count for stage, (count, _) in steps.items()}),
        _times({stage: seconds for stage, (_, seconds) in steps.items() if seconds is not None}),
        _channels(channels),
        _partners(partners),
    ]


def _stages(now: Counts, reached: dict[str, int]) -> Figure:
    all_leads = sum(leads for leads, _ in now.values())
    rows = [(stage, reached.get(stage, 0), now.get(stage, (0, 0))[0]) for stage in Stage] if all_leads else []
    return Figure(
        key="stages",
        title="Leads by stage",
        meaning="Of the leads registered in these months, how many came to each stage, and how many are there now.",
        header=("Stage", "Came to it", "Share", "There now"),
        rows=[(str(stage.label), f"{came:,}", _share(came, all_leads), f"{here:,}") for stage, came, here in rows],
        records=[(stage.label, came, _ratio(came, all_leads), here) for stage, came, here in rows],
        ranking=Ranking(
            [Bar(str(stage.label), came, f"{came:,} · {_share(came, all_leads)}") for stage, came, _ in rows]
        ),
    )


def _times(seconds: dict[str, float]) -> Figure:
    days = [(stage, seconds[stage] / timedelta(days=1).total_seconds()) for stage in Stage if stage in seconds]
    days = [(stage, number) for stage, number in days if stage not in ENDED]
    return Figure(
        key="times",
        title="Time in stage",
        meaning="The median of how long leads stayed at a stage, of those that have left it.",
        header=("Stage", "Days"),
        rows=[(str(stage.label), f"{number:.1f}") for stage, number in days],
        records=[(stage.label, round(number, 2)) for stage, number in days],
        ranking=Ranking([Bar(str(stage.label), number, f"{number:.1f} days") for stage, number in days]),
    )


def _channels(found: Counts) -> Figure:
    rows = [(str(channel.label), *found[channel]) for channel in Channel if channel in found]
    return Figure(
        key="channels",
        title="Conversion by channel",
        meaning="Of the leads registered in these months through each channel, the share that was won.",
        header=("Channel", "Leads", "Won", "Conversion"),
        rows=[(name, f"{leads:,}", f"{won:,}", _share(won, leads)) for name, leads, won in rows],
        records=[(name, leads, won, _ratio(won, leads)) for name, leads, won in rows],
        ranking=Ranking(
            [Bar(name, won / leads, f"{won:,} of {leads:,} · {_share(won, leads)}") for name, leads, won in rows]
        ),
    )


def _partners(found: Counts) -> Figure:
    ranked = sorted(found.items(), key=lambda each: (-each[1][0], -each[1][1], str(each[0])))
    names = {each.pk: each for each in Partner.objects.filter(pk__in=list(found))}
    rows = [(names[int(str(key))], leads, won) for key, (leads, won) in ranked]
    return Figure(
        key="lead-partners",
        title="Leads by partner",
        meaning="Who registered most in these months, and the share of it that was won.",
        header=("Partner", "Leads", "Won", "Conversion"),
        rows=[(str(each), f"{leads:,}", f"{won:,}", _share(won, leads)) for each, leads, won in rows[:SHOWN]],
        records=[(each.reference, each.name, leads, won, _ratio(won, leads)) for each, leads, won in rows],
        record_header=("Key", "Partner", "Leads", "Won", "Conversion"),
        ranking=Ranking(
            [
                Bar(
                    str(each),
                    leads,
                    f"{leads:,} · {_share(won, leads)} won",
                    reverse("staff_partner", args=[each.pk]),
                )
                for each, leads, won in rows[:SHOWN]
            ]
        ),
    )


def _ratio(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f}\N{NO-BREAK SPACE}%" if whole else "–"
