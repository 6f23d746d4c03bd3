"""Whether a company is a lead already, and whose: the same address, the same domain, or nearly the same name (7).

`compare` is the one place that says how alike two companies are, and by what.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.contrib.postgres.search import TrigramSimilarity
from django.db import connection
from django.db.models import Q
from django.db.models.functions import Upper

from referrals.companies import NEARLY, Names, likeness, mail_domain, name_key, own_domain
from referrals.models import Lead
from referrals.models.conflict import RecognisedBy
from referrals.models.lead import LeadQuerySet, Stage

# Of companies that did not become customers anybody may try again.
DID_NOT_COME = (Stage.LOST, Stage.REJECTED)
# How alike, of 1, the trigrams of two names have to be to look at them; nearly the same names are more so.
ALIKE = "0.45"
MOST_ALIKE = 50  # So many names are looked at more closely, those most alike.
# How sure it is, of 100, that companies are the same by what they have in common. Names are never quite sure.
SURE = {RecognisedBy.EMAIL: 100, RecognisedBy.DOMAIN: 95, RecognisedBy.NAME: 90}
SAME = NEARLY  # From here on they are taken for the same company,
PERHAPS = 50  # and from here on it is worth a look.
REGISTRATION = "leads are registered one after the other"


@dataclass(frozen=True, slots=True)
class Company:
    """What a company is recognised by."""

    email: str
    domains: frozenset[str]
    name: str

    @classmethod
    def told(cls, *, name: str, email: str, site: str = "") -> "Company":
        """As somebody tells of it."""
        domains = frozenset(filter(None, (own_domain(site), mail_domain(email))))
        return cls(email=email.strip().upper(), domains=domains, name=name_key(name))

    @classmethod
    def of(cls, lead: Lead) -> "Company":
        """As a lead has it."""
        domains = frozenset(filter(None, (lead.domain, lead.mail_domain)))
        return cls(email=lead.email.upper(), domains=domains, name=lead.name_key)


@dataclass(frozen=True, slots=True)
class Reason:
    """Something that two companies have in common, and how sure it makes, of 100, that they are the same."""

    by: RecognisedBy
    score: int
    text: str


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two companies are, of 100, and why; the surest reason comes first."""

    reasons: tuple[Reason, ...] = ()

    @property
    def score(self) -> int:
        return self.reasons[0].score if self.reasons else 0

    @property
    def is_same(self) -> bool:
        return self.score >= SAME


@dataclass(frozen=True, slots=True)
class Match:
    """A lead for the same company, or for one that is like it."""

    lead: Lead
    likeness: Likeness

    @property
    def by(self) -> RecognisedBy:
        """The surest way by which it was recognised."""
        return self.likeness.reasons[0].by


def compare(company: Company, other: Company) -> Likeness:
    """How alike two companies are, and by what."""
    found = []
    if company.email and company.email == other.email:
        found.append((RecognisedBy.EMAIL, 100, f"Same e-mail address, {company.email.lower()}"))
    if shared := company.domains & other.domains:
        found.append((RecognisedBy.DOMAIN, 100, f"Same domain, {', '.join(sorted(shared))}"))
    if alike := likeness(company.name, other.name):
        text = "Same name without its legal form" if alike == 100 else f"Names alike to {alike} of 100"
        found.append((RecognisedBy.NAME, alike, text))
    return Likeness(tuple(Reason(by, min(SURE[by], alike), text) for by, alike, text in found if alike >= PERHAPS))


def matches(company: Company, among: LeadQuerySet) -> list[Match]:
    """The leads for a company, oldest first. Every look-up goes by an index, however many leads there are."""
    found = _look_up(company, among.exclude(stage__in=DID_NOT_COME))
    return [match for match in found if match.likeness.is_same]


def duplicates(lead: Lead) -> list[Match]:
    """Other leads that are or may be for the same company, whatever became of them, the most alike first."""
    others = Lead.objects.exclude(pk=lead.pk).select_related("partner")
    return sorted(_look_up(Company.of(lead), others), key=lambda match: -match.likeness.score)


def _look_up(company: Company, among: LeadQuerySet) -> list[Match]:
    asked = Q(pk__in=())
    if company.email:
        asked |= Q(email__iexact=company.email)
    if company.domains:
        asked |= Q(domain__in=company.domains) | Q(mail_domain__in=company.domains)
    if company.name:
        asked |= Q(name_key=company.name)
    found = {lead.pk: lead for lead in among.filter(asked).order_by("pk")}
    if company.name:
        alike = among.filter(name_key__trigram_similar=company.name)
        ranked = alike.order_by(TrigramSimilarity("name_key", company.name).desc(), "pk")
        found |= {lead.pk: lead for lead in ranked[:MOST_ALIKE]}
    rows = (found[key] for key in sorted(found))
    pairs = ((lead, compare(company, Company.of(lead))) for lead in rows)
    return [Match(lead, alike) for lead, alike in pairs if alike.reasons]


def matches_of_all(companies: Sequence[Company]) -> list[list[Match]]:
    """What `matches` finds for each of many among all leads, with as many queries for a thousand as for one."""
    came = Lead.objects.exclude(stage__in=DID_NOT_COME)
    domains = {domain for company in companies for domain in company.domains}
    asked = Q(shouted__in={company.email for company in companies if company.email})
    asked |= Q(domain__in=domains) | Q(mail_domain__in=domains)
    asked |= Q(name_key__in={company.name for company in companies if company.name})
    by_key: dict[tuple[str, str], list[int]] = defaultdict(list)
    leads = {}
    for lead in came.alias(shouted=Upper("email")).filter(asked):
        leads[lead.pk] = lead
        for key in {("email", lead.email.upper()), ("domain", lead.domain), ("domain", lead.mail_domain)}:
            by_key[key].append(lead.pk)
        by_key["name", lead.name_key].append(lead.pk)
    named = _alike([company.name for company in companies])
    leads |= came.in_bulk({key for keys in named for key in keys} - leads.keys())
    return [
        [
            Match(leads[key], alike)
            for key in sorted({*keys, *(key for asked in _keys(company) for key in by_key.get(asked, ()))})
            if (alike := compare(company, Company.of(leads[key]))).is_same
        ]
        for company, keys in zip(companies, named, strict=True)
    ]


def _keys(company: Company) -> list[tuple[str, str]]:
    keys = [("email", company.email), *(("domain", domain) for domain in company.domains), ("name", company.name)]
    return [(kind, key) for kind, key in keys if key]


def _alike(names: Sequence[str]) -> list[list[int]]:
    """For each name, the leads that `matches` looks at more closely for the sake of it."""
    found: list[list[int]] = [[] for _ in names]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT asked.place, alike.id
            FROM unnest(%s::text[]) WITH ORDINALITY AS asked (name, place)
            CROSS JOIN LATERAL (
                SELECT lead.id
                FROM referrals_lead lead
                WHERE lead.name_key %% asked.name AND lead.stage <> ALL (%s)
                ORDER BY similarity(lead.name_key, asked.name) DESC, lead.id
                LIMIT %s
            ) AS alike
            WHERE asked.name <> ''
            """,
            [list(names), [stage.value for stage in DID_NOT_COME], MOST_ALIKE],
        )
        for place, key in cursor.fetchall():
            found[place - 1].append(key)
    return found


class KnownCompanies:
    """Many companies at hand, to look up many others in: a file's rows among a partner's leads."""

    def __init__(self) -> None:
        self._found: dict[str, object] = {}  # By an address, or a domain.
        self._names = Names()
        self._by_name: list[object] = []

    def add(self, company: Company, what: object) -> None:
        for key in (company.email, *company.domains):
            if key:
                self._found.setdefault(key, what)
        self._names.add(company.name)
        self._by_name.append(what)

    def find(self, company: Company) -> object | None:
        """What was added as the same company, the first of them."""
        for key in (company.email, *sorted(company.domains)):
            if key in self._found:
                return self._found[key]
        place = self._names.nearest(company.name)
        return None if place is None else self._by_name[place]


def claims_of_others(found: Iterable[Match], *, partner_id: int, on: date) -> list[Match]:
    """Those of other partners that give a claim: leads protected on a day, and such as became customers (7)."""
    others = (match for match in found if match.lead.partner_id != partner_id)
    return [match for match in others if match.lead.is_protected(on=on) or match.lead.stage == Stage.WON]


def against_a_new_one(found: Sequence[Match], *, partner_id: int, on: date) -> list[Match]:
    """What stands against a registration that is new: claims of others, and where there are none whoever waits.

    When a protection has run out, nobody passes by who was there before and is still under review.
    """
    others = (match for match in found if match.lead.partner_id != partner_id)
    return claims_of_others(found, partner_id=partner_id, on=on) or [m for m in others if m.lead.is_under_review]


def one_at_a_time() -> None:
    """This function will let nobody else register or protect a lead until the transaction ends.

    Nearly the same name has no key that the database could hold unique. So long look-ups also read fewer names.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext(%s)), set_config('pg_trgm.similarity_threshold', %s, true)",
            [REGISTRATION, ALIKE],
        )
