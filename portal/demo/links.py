"""The demo's links: a few partners share some, and visitors follow them."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import partial

from affiliates.models import Partner
from portal.demo.days import Days
from portal.demo.diary import Entry
from portal.demo.draft import LARGEST, LATE_MONEY, Draft
from portal.demo.names import COMPANY_DOMAIN, dice
from portal.demo.people import owner_of
from referrals.models import Click, Link
from referrals.services.make_link import make_link

SITE = f"https://www.{COMPANY_DOMAIN}/"
LINKS = (
    (LARGEST, "harborline", "Newsletter", "pricing", "nl-1", 9),
    (LARGEST, "harborline-webinar", "Webinar on call centres", "", "", 4),
    (LATE_MONEY, "tidewell", "Blog", "", "blog", 5),
)
SINCE = 45  # Days ago.
BROWSER = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15"
BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


def link_entries(draft: Draft) -> Iterator[Entry]:
    """What happens with the links, for the diary."""
    days = draft.days
    made_on = days.today - timedelta(days=SINCE)
    for key, code, name, page, sub_id, busy in LINKS:
        yield Entry(days.at(made_on, 9), partial(_make, key, code, name, page, sub_id))
        for back in range(SINCE):
            on = days.today - timedelta(days=back)
            yield Entry(days.at(on, 10), partial(_follow, code, busy, days, on))


def _make(key: str, code: str, name: str, page: str, sub_id: str, at: datetime) -> None:
    owner = owner_of(key)
    partner = Partner.objects.get(reference=key)
    make_link(partner=partner, name=name, destination=f"{SITE}{page}", code=code, sub_id=sub_id, by=owner, at=at)


def _follow(code: str, busy: int, days: Days, on: date, at: datetime) -> None:
    """Visitors of one day; every sixth click is a search engine's, and some visitors come twice."""
    drawn = dice("clicks", code, str(on))
    link = Link.objects.get(code=code)
    Click.objects.bulk_create(
        Click(
            link=link,
            at=min(at + timedelta(minutes=7 * number), days.now),
            visitor=f"{drawn.randrange(busy * 2):04x}{on.toordinal():012x}",
            agent=BOT if drawn.random() < 1 / 6 else BROWSER,
            referrer="https://blog.example/post" if drawn.random() < 0.5 else "",
        )
        for number in range(drawn.randrange(busy))
    )
