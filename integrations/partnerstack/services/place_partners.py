"""Partnerships become partners; groups stay as they are, since nothing tells which plan they stand for."""

import re
from collections import defaultdict

from affiliates.models import Partner
from affiliates.models.partner import PartnerKind
from clients.recording.columns import EMAIL
from clients.recording.stage import Table
from clients.services.record_facts import record_facts
from integrations.partnerstack.formats import Kind, Row, clean, first_named
from integrations.partnerstack.models import Counterpart
from integrations.partnerstack.services.book import SOURCE, Book, fits_key

COLUMNS = ("partner", "name", "kind", "email", "joined_on")
APPROVED = "approved"
fits_email = re.compile(EMAIL).fullmatch


def place_partners(book: Book) -> None:
    """This function will make partners of approved partnerships that are not known here; known ones stay as they are.

    Partnerships with one key of a partner are one partner, whether they come together or later.
    A partnership is a partner's whose key is the partnership's, or who alone of those that no partnership is known of
    has its e-mail address.
    """
    for key, row in book.rows(Kind.GROUPS):
        why = "What a group is paid there cannot be read; give its partners a plan where it is not the standard one"
        book.set_aside(Kind.GROUPS, key, first_named(row, "name", "slug"), why)
    known = set(Counterpart.objects.filter(kind=Kind.PARTNERSHIPS).values_list("key", flat=True))
    partners = list(Partner.objects.only("reference", "email"))
    by_reference = {partner.reference.upper(): partner.pk for partner in partners}
    by_email = defaultdict(list)
    met = set(Counterpart.objects.filter(kind=Kind.PARTNERSHIPS).values_list("partner", flat=True))
    for partner in partners:
        if partner.pk in met:
            continue
        by_email[partner.email.casefold()].append(partner.pk)
    taken, found, new, rows = set(by_reference), {}, {}, []
    begun: dict[str, str] = {}  # Those of this import: their references.
    for key, row in book.rows(Kind.PARTNERSHIPS):
        if key in known:
            book.mapped(Kind.PARTNERSHIPS)
            continue
        email, name = clean(row.get("email"), 254), name_of(row)
        if why := _why_not(book, row, email):
            book.set_aside(Kind.PARTNERSHIPS, key, name, why)
            continue
        own_keys = [text for text in (clean(row.get("partner_key")), key) if fits_key(text)]
        same = [by_reference[text.upper()] for text in own_keys if text.upper() in by_reference]
        same = same or (by_email[email.casefold()] if len(by_email[email.casefold()]) == 1 else [])
        free = [text for text in own_keys if text.upper() not in taken]
        twin = begun.get(clean(row.get("partner_key")).upper())
        if same:
            found[key] = same[0]
        elif twin:
            new[key] = twin
        elif free:
            taken.add(free[0].upper())
            new[key] = begun[free[0].upper()] = free[0]
            rows.append((free[0], name, PartnerKind.AFFILIATE.value, email, str(_joined_on(book, row))))
        else:
            book.set_aside(Kind.PARTNERSHIPS, key, name, "Its key is no key here")
            continue
        book.mapped(Kind.PARTNERSHIPS)
    if rows:
        record_facts(
            tables=[Table("partners", Kind.PARTNERSHIPS, COLUMNS, list(enumerate(rows, 1)))],
            source=SOURCE,
            by=book.by,
            at=book.at,
        )
    made = dict(Partner.objects.filter(reference__in=new.values()).values_list("reference", "pk"))
    found |= {key: made[reference] for key, reference in new.items()}
    Counterpart.objects.bulk_create(
        Counterpart(kind=Kind.PARTNERSHIPS, key=key, partner_id=partner) for key, partner in found.items()
    )


def name_of(row: Row) -> str:
    """What a partner is called: its team, else its person, else its e-mail address."""
    person = " ".join(filter(None, (clean(row.get("first_name"), 99), clean(row.get("last_name"), 99))))
    return first_named(row, "team", "company_name") or person or clean(row.get("email"))


class PartnerKeys:
    """Finds the partner that a row of another kind names, by the partnership's key or by the partner's there."""

    def __init__(self, book: Book) -> None:
        rows = Counterpart.objects.filter(kind=Kind.PARTNERSHIPS).select_related("partner")
        self.partners: dict[str, Partner] = {row.key: row.partner for row in rows if row.partner}
        aside = Book(book.by, book.at, book.program)  # These rows were counted when they were placed.
        for key, row in aside.rows(Kind.PARTNERSHIPS):
            other = clean(row.get("partner_key"))
            if key in self.partners and other:
                self.partners.setdefault(other, self.partners[key])

    def named(self, row: Row) -> list[str]:
        """The keys by which a row names a partner, the surest first."""
        names = ("partnership_key", "partnership.key", "partnership.partnership_key", "partnership")
        texts = [first_named(row, name) for name in (*names, "partner_key", "partnership.partner_key")]
        return [text for text in texts if text]

    def find(self, row: Row) -> Partner | None:
        return next((self.partners[key] for key in self.named(row) if key in self.partners), None)


def _why_not(book: Book, row: Row, email: str) -> str:
    told = first_named(row, "approved_status", "status").lower()
    if told and told != APPROVED:
        return f"Its status there is “{told[:60]}”; approved partnerships alone become partners"
    if not fits_email(email):
        return "It has no e-mail address that could be written to"
    if not name_of(row):
        return "It has no name"
    return "" if _joined_on(book, row) else "It does not say when it joined"


def _joined_on(book: Book, row: Row) -> object:
    return book.day_of(row.get("joined_at")) or book.day_of(row.get("created_at"))
