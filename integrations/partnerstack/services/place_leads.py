"""Leads and deals become leads, with their days and stages there."""

import re
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime

from clients.models import Client
from clients.recording.columns import EMAIL
from integrations.partnerstack.formats import FIRST, Kind, Row, amount_of, clean, first_named, moment_of, named
from integrations.partnerstack.models import Counterpart
from integrations.partnerstack.services.book import Book
from integrations.partnerstack.services.place_partners import PartnerKeys
from referrals.companies import name_key
from referrals.models import Lead
from referrals.models.lead import Stage
from referrals.services.import_lead import AlreadyALead, ClaimedByAnother, import_lead

fits_email = re.compile(EMAIL).fullmatch
# Words for stages there, without what is no letter. Each company names its own; other words stay in the lead's note.
STAGES = {
    Stage.SUBMITTED: ("submitted", "pending", "new", "open"),
    Stage.QUALIFIED: ("qualified", "approved", "accepted", "active"),
    Stage.DEMO_SCHEDULED: ("demoscheduled", "meetingscheduled", "demobooked"),
    Stage.DEMO_DONE: ("demodone", "demo", "democompleted"),
    Stage.PROPOSAL: ("proposal", "proposalsent", "negotiation", "contractsent"),
    Stage.WON: ("won", "closedwon", "converted", "customer"),
    Stage.LOST: ("lost", "closedlost"),
    Stage.REJECTED: ("rejected", "declined", "disqualified", "unqualified", "duplicate"),
}
BY_WORD = {word: stage for stage, words in STAGES.items() for word in words}


def place_leads(book: Book, partners: PartnerKeys) -> None:
    """This function will take over leads and deals that are not known here; deals first, since they are further on.

    Who came first has the company (7). A lead and a deal of one partner for one company are one lead.
    """
    for kind in (Kind.DEALS, Kind.LEADS):
        known = set(Counterpart.objects.filter(kind=kind).values_list("key", flat=True))
        for key, row in sorted(book.rows(kind), key=_made_at):
            if key in known or _place(book, partners, kind, key, row):
                book.mapped(kind)
    _link_clients()


def _place(book: Book, partners: PartnerKeys, kind: Kind, key: str, row: Row) -> bool:
    fields = _fields(row)
    email = next((text for text in map(fields.get, ("email", "contact_email", "work_email")) if text), "")
    company = first_named(row, "account_name", "company_name", "company") or _first(
        fields, "account_name", "company_name", "company", "account", "name"
    )
    person = " ".join(filter(None, (_said(row, fields, "first_name"), _said(row, fields, "last_name"))))
    contact = person or _first(fields, "contact_name", "contact", "full_name", "name")
    partner, made_at = partners.find(row), moment_of(row.get("created_at"))
    if partner is None:
        why = f"Its partner there ({', '.join(partners.named(row)[:2]) or 'none'}) is none of ours"
    elif not company:
        why = "It names no company"
    elif made_at is None or book.day_of(row.get("created_at")) is None:
        why = "It does not say when it was made"
    else:
        word = first_named(row, "stage", "status")
        try:
            lead = import_lead(
                partner=partner,
                company=company,
                contact=contact or company,
                email=email if fits_email(email) else "",
                domain=_first(fields, "website", "domain", "company_website", "url"),
                note=_note(row, kind, key, word),
                stage=stage_of(word, row.get("approved")),
                registered_at=made_at,
                stage_at=moment_of(row.get("updated_at")) or made_at,
                by=book.by,
                at=book.at,
            )
        except AlreadyALead as already:
            lead = already.lead
        except ClaimedByAnother as claimed:
            book.set_aside(kind, key, company, f"{claimed}")
            return False
        Counterpart.objects.create(kind=kind, key=key, lead=lead)
        return True
    book.set_aside(kind, key, company, why)
    return False


def _link_clients() -> None:
    """Say of which won lead a client came, where exactly one of each is the same company: by domain, else by name.

    What closed before a lead was registered did not come of it.
    """
    came = Counterpart.objects.filter(lead__stage=Stage.WON, lead__client=None).select_related("lead")
    leads = {row.lead.pk: row.lead for row in came if row.lead}
    partners = {lead.partner_id for lead in leads.values()}
    clients = list(
        Client.objects.filter(
            partner__in=partners, lead=None, pk__in=Counterpart.objects.filter(client__isnull=False).values("client")
        )
    )
    for of_lead, of_client in BY:
        wanted, offered = defaultdict(list), defaultdict(list)
        for lead in leads.values():
            wanted[lead.partner_id, of_lead(lead)].append(lead)
        for client in clients:
            offered[client.partner_id, of_client(client)].append(client)
        for place, (lead, *further) in wanted.items():
            found = [client for client in offered[place] if client.closed_on >= lead.registered_on]
            if place[1] and len(found) == 1 and not further:
                Client.objects.filter(pk=found[0].pk, lead=None).update(lead=lead)
                del leads[lead.pk]
                clients.remove(found[0])


def _domain_of(lead: Lead) -> str:
    return lead.domain or lead.mail_domain


def _name_of(lead: Lead) -> str:
    return lead.name_key


# By what a lead and a client are the same company, the surest first.
BY: tuple[tuple[Callable[[Lead], str], Callable[[Client], str]], ...] = (
    (_domain_of, lambda client: client.domain),
    (_name_of, lambda client: name_key(client.name)),
)


def _made_at(keyed: tuple[str, Row]) -> tuple[bool, datetime, str]:
    made_at = moment_of(keyed[1].get("created_at"))
    return made_at is None, made_at or FIRST, keyed[0]


def stage_of(word: str, approved: object) -> Stage:
    """Our stage for a word of theirs; where the word is not known, whether it was approved decides."""
    found = BY_WORD.get("".join(c for c in word.lower() if c.isalpha()))
    return found or (Stage.QUALIFIED if approved is True else Stage.SUBMITTED)


def _fields(row: Row) -> dict[str, str]:
    """What a form there asked for, by the name of the field in small letters."""
    found: dict[str, str] = {}
    for each in row.get("fields") if isinstance(row.get("fields"), list) else ():  # type: ignore[union-attr]
        if isinstance(each, dict):
            found[_name(each.get("name") or each.get("key") or each.get("label"))] = named(each.get("value"))
    for place in ("meta", "field_data"):
        data = row.get(place)
        if isinstance(data, dict):
            found |= {_name(name): text for name, value in data.items() if (text := named(value))}
    if text := clean(row.get("email"), 254):
        found["email"] = text
    return found


def _name(label: object) -> str:
    return "_".join(clean(label).lower().replace("-", " ").split())


def _first(fields: dict[str, str], *names: str) -> str:
    return next((fields[name] for name in names if fields.get(name)), "")


def _said(row: Row, fields: dict[str, str], name: str) -> str:
    return first_named(row, f"contact_{name}", name, most=99) or _first(fields, name, f"contact_{name}")[:99]


def _note(row: Row, kind: Kind, key: str, word: str) -> str:
    amount = amount_of(row.get("amount"))
    parts = [
        f"From PartnerStack ({kind.label.lower().removesuffix('s')} {key}), registered there under its terms of then.",
        f"Stage there: {word}." if word else "",
        f"Amount there: {amount}." if amount else "",
        f"Lost because: {clean(row.get('lost_reason'))}." if clean(row.get("lost_reason")) else "",
    ]
    return " ".join(filter(None, parts))
