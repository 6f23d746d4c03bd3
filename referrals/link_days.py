"""What came of a link day by day, as charts."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Min
from django.db.models.functions import TruncDate

from parts.shapes import Bar, Chart
from referrals.models import Click, Lead, LeadStep, Link
from referrals.models.lead import Stage

SHOWN_DAYS = 30


def charts(link: Link, *, until: date, zone: str) -> list[Chart]:
    """Visitors, leads and clients of the last 30 days; a visitor stands on the day of their first click.

    Where nothing happened there is no chart.
    """
    days = [until - timedelta(days=back) for back in reversed(range(SHOWN_DAYS))]
    at = ZoneInfo(zone)
    since = datetime.combine(days[0], time(), at)
    firsts = Click.objects.filter(link=link, at__gte=since).of_people().order_by().values("visitor")
    visits = [first.astimezone(at).date() for first in firsts.annotate(first=Min("at")).values_list("first", flat=True)]
    leads = Lead.objects.filter(link=link, registered_on__gte=days[0]).order_by().values_list("registered_on")
    won = LeadStep.objects.filter(lead__link=link, stage=Stage.WON, at__gte=since).order_by()
    clients = won.annotate(day=TruncDate("at", tzinfo=at)).values_list("day").annotate(found=Count("pk"))
    seen: dict[date, int] = {}
    for day in visits:
        seen[day] = seen.get(day, 0) + 1
    drawn = [
        _chart("Visitors by day", days, seen),
        _chart("Leads by day", days, dict(leads.annotate(found=Count("pk")))),
        _chart("Clients by day", days, dict(clients)),
    ]
    return [chart for chart in drawn if any(bar.value for bar in chart.bars)]


def _chart(title: str, days: list[date], found: dict[date, int]) -> Chart:
    return Chart(title, [Bar(f"{day:%-d %b}", float(found.get(day, 0)), f"{found.get(day, 0):,}") for day in days])
