"""Whether a company is a lead already, and whose: the same address, the same domain, or nearly the same name (7)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.contrib.postgres.search import TrigramSimilarity
from django.db import connection
from django.db.models import Q

from referrals.companies import Names, mail_domain, name_key, own_domain
from referrals.models import Lead
from referrals.models.conflict import RecognisedBy
from referrals.models.lead import LeadQuerySet, Stage

# Of companies that did not become customers anybody may try again.
DID_NOT_COME = (Stage.LOST, Stage.REJECTED)
# How alike, of 1, the trigrams of two names have to be to look at them; nearly the same names are more so.
ALIKE = "0.45"
MOST_ALIKE = 50  # So many names are looked at more closely, those most alike.
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
class Match:
    """A lead for the same company, and by what it was recognised; the surest way comes first."""

    lead: Lead
    by: RecognisedBy


def matches(company: Company, among: LeadQuerySet) -> list[Match]:
    """The leads for a company, oldest first. Every look-up goes by an index, however many leads there are."""
    among = among.exclude(stage__in=DID_NOT_COME)
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
    return [Match(lead, by) for lead in rows if (by := recognise(company, Company.of(lead)))]


def recognise(company: Company, other: Company) -> RecognisedBy | None:
    """By what two companies are the same one; None where they are not."""
    if company.email and company.email == other.email:
        return RecognisedBy.EMAIL
    if company.domains & other.domains:
        return RecognisedBy.DOMAIN
    return RecognisedBy.NAME if Names([other.name]).nearest(company.name) is not None else None


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


def one_at_a_time() -> None:
    """This function will let nobody else register or protect a lead until the transaction ends.

    Nearly the same name has no key that the database could hold unique. So long look-ups also read fewer names.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext(%s)), set_config('pg_trgm.similarity_threshold', %s, true)",
            [REGISTRATION, ALIKE],
        )
