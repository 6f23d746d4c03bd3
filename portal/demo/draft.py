"""What the demo tells: partners, referred clients, and which of them has a story of its own."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from affiliates.models.partner import PartnerKind
from affiliates.months import add_months, month_of
from portal.demo.days import Days, day_of
from portal.demo.names import PARTNERS, client_names, dice, slug

# The partners with a story.
LARGEST = "harborline-consulting"
CROSSES_THE_TIER = "copperleaf-crm"  # Reaches $5,000 and falls below it again.
LATE_MONEY = "tidewell-digital"  # A late payment lifts a past month's rate.
TERMINATED = "juniper-row-media"
IN_VIOLATION = "saltmarsh-systems"
CURED = "fernhollow-advisors"
CHARGED_BACK = "bluegate-growth"  # Three chargebacks: a review is raised.
WON_BACK = "larkmoor-integrations"
OTHER_PLAN = "kestrel-point"
WITHOUT_TAX_FORM = "mossbank-partners"
WITHOUT_METHOD = "pinecross-studio"
UNCONFIRMED_METHOD = "willowby-tech"
NOT_ACCEPTED = "redfern-sales-lab"  # The second version of the Agreement.
CHANGED_METHOD = "stonewick-solutions"
NEWEST = "novapath-collective"  # Joined last month, without clients.
GETS_A_CLIENT = "cedarhook-crm"  # From CURED.

ENDS_ON_DAY = 22  # Of the month in which the terminated partner ends.
MOVES_ON_DAY = 12
EARLIEST_BILLED = 12  # Months before the demo begins in which its oldest clients closed.
# How many clients each partner has beside those of its story: skewed, as such programs are.
TAIL = 0.85


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is told: at least 7 months and 18 partners, so that every story has its place."""

    months: int = 18
    partners: int = len(PARTNERS)
    clients: int = 400


@dataclass(frozen=True, slots=True)
class PartnerDraft:
    """A partner, with the day on which it joined."""

    key: str
    name: str
    kind: PartnerKind
    joined_on: date

    @property
    def domain(self) -> str:
        return f"{self.key}.example"


@dataclass(slots=True)
class ClientDraft:
    """A referred client and how it is billed: `fee` is a month's subscription, invoiced for `cycle` months.

    `is_plain` is a client of a story, which pays its subscription on the day and nothing else.
    """

    key: str
    name: str
    partner: str
    closed_on: date
    fee: Decimal
    cycle: int = 1
    canceled_on: date | None = None
    moved_on: date | None = None  # To another partner, `moves_to`.
    moves_to: str = ""
    is_plain: bool = False
    pays_late: date | None = None  # The service month whose invoice is paid two months later.

    @property
    def domain(self) -> str:
        return f"{slug(self.name)}.example"


@dataclass(slots=True)
class Draft:
    """All that is to be told."""

    days: Days
    partners: list[PartnerDraft]
    clients: list[ClientDraft] = field(default_factory=list)
    spare_names: list[str] = field(default_factory=list)  # For companies that are leads so far.

    def partner(self, key: str) -> PartnerDraft:
        return next(partner for partner in self.partners if partner.key == key)

    def ended_on(self, key: str) -> date | None:
        """The day on which a partner's termination took effect."""
        return day_of(self.days.back(4), ENDS_ON_DAY) if key == TERMINATED else None


def draw(days: Days, scale: Scale) -> Draft:
    """This function will draw the demo program: the same for the same days."""
    draft = Draft(days, _partners(days, scale))
    names = client_names()
    stories = _stories(days)
    for client in stories:
        client.name = names.pop()
    draft.clients = stories + _crowd(draft, names, scale.clients - len(stories))
    draft.clients.sort(key=lambda client: (client.closed_on, client.name))
    for number, client in enumerate(draft.clients, 1):
        client.key = f"Q-{1000 + number}"
    draft.spare_names = names
    return draft


def _partners(days: Days, scale: Scale) -> list[PartnerDraft]:
    result = []
    for place, name in enumerate(PARTNERS[: scale.partners]):
        drawn = dice("partner", name)
        joined_on = day_of(days.first, 1) - timedelta(days=drawn.randrange(60, 700))
        if place >= scale.partners * 0.6:
            # Between the first month and the fifth from the end, on a day from the 3rd to the 9th.
            joined_on = day_of(days.back(drawn.randrange(5, max(days.months - 1, 6))), drawn.randrange(3, 10))
        if slug(name) == NEWEST:
            joined_on = day_of(days.last, 7)
        kind = PartnerKind.LEAD_REFERRAL if drawn.random() < 0.45 else PartnerKind.AFFILIATE
        result.append(PartnerDraft(slug(name), name, kind, joined_on))
    return result


def _stories(days: Days) -> list[ClientDraft]:
    old = day_of(days.first, 9) - timedelta(days=100)

    def plain(partner: str, fee: str, closed_on: date, **more: object) -> ClientDraft:
        return ClientDraft("", "", partner, closed_on, Decimal(fee), is_plain=True, **more)  # type: ignore[arg-type]

    told = [plain(CROSSES_THE_TIER, fee, old) for fee in ("560", "480", "720", "390", "650", "540", "610", "530")]
    # 4,480, and 5,080 with one more, until the one of 720 goes: 4,360; the newest brings it to 5,060.
    told[2].canceled_on = day_of(days.back(5), 27)
    told.append(plain(CROSSES_THE_TIER, "600", day_of(days.back(9), 4)))
    told.append(plain(CROSSES_THE_TIER, "700", day_of(days.back(2), 4)))

    told += [plain(LATE_MONEY, fee, old) for fee in ("590", "620", "540", "610", "580", "600", "640", "530")]
    told.append(plain(LATE_MONEY, "390", old, pays_late=days.back(5)))  # 4,710 without it, 5,100 with it.

    told += [plain(CHARGED_BACK, fee, old) for fee in ("275", "340", "190", "410")]
    told += [plain(WON_BACK, fee, old) for fee in ("820", "360", "295")]
    told.append(plain(LARGEST, "500", old, cycle=3))
    told.append(plain(LARGEST, "640", old, cycle=3, canceled_on=day_of(days.back(1), 18)))
    told.append(plain(OTHER_PLAN, "450", max(day_of(days.back(10), 3), day_of(days.first, 3)), cycle=12))
    moved_on = day_of(days.back(1), MOVES_ON_DAY)
    told.append(plain(CURED, "330", day_of(days.back(5), 6), moved_on=moved_on, moves_to=GETS_A_CLIENT))
    return told


def _crowd(draft: Draft, names: list[str], count: int) -> list[ClientDraft]:
    days = draft.days
    scripted = (CROSSES_THE_TIER, LATE_MONEY, NEWEST)
    growing = [partner for partner in draft.partners if partner.key not in scripted]
    drawn = dice("crowd")
    weights = [(place + 1) ** -TAIL for place in range(1, len(growing))]
    drawn.shuffle(weights)
    weights.insert(0, 1.0)  # The largest one's.
    result = []
    for _ in range(count):
        partner = drawn.choices(growing, weights)[0]
        earliest = max(add_months(days.first, -EARLIEST_BILLED), add_months(month_of(partner.joined_on), 1))
        latest = draft.ended_on(partner.key) or days.today
        # As the roots of even draws lie, so that the program grows.
        span = (latest - earliest).days
        closed_on = earliest + timedelta(days=int(span * drawn.random() ** 0.8))
        client = ClientDraft("", names.pop(), partner.key, closed_on, _fee(drawn.random(), drawn.random()))
        lasts = timedelta(days=int(drawn.expovariate(1 / 1500)))
        if timedelta(days=45) < lasts and max(closed_on, days.first) + lasts < days.today:
            client.canceled_on = max(closed_on, days.first) + lasts
        client.cycle = 3 if drawn.random() < 0.04 else 1
        result.append(client)
    return result


def _fee(size: float, price: float) -> Decimal:
    """A month's subscription: 5 to 45 seats, mostly few, at one of the price list's three plans."""
    seats = 5 + int(40 * size**2.6)
    return seats * (Decimal(30) if price < 0.5 else Decimal(40) if price < 0.85 else Decimal(55))
