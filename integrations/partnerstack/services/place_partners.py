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
    known = set(Counterpart.objects.filter(kind=Kind.PARTNERSHIPS).values_list("key", flat=True))
    _set_groups_aside(book)
    partnerships = _Partnerships(book)
    for key, row in book.rows(Kind.PARTNERSHIPS):
        why = "" if key in known else partnerships.place(key, row)
        if why:
            book.set_aside(Kind.PARTNERSHIPS, key, name_of(row), why)
        else:
            book.mapped(Kind.PARTNERSHIPS)
    partnerships.keep()


def _set_groups_aside(book: Book) -> None:
    for key, row in book.rows(Kind.GROUPS):
        why = "What a group is paid there cannot be read; give its partners a plan where it is not the standard one"
        book.set_aside(Kind.GROUPS, key, first_named(row, "name", "slug"), why)


class _Partnerships:
    """The partnerships of one import: those that are partners here already, and those that become one."""

    def __init__(self, book: Book) -> None:
        self.book = book
        partners = list(Partner.objects.only("reference", "email"))
        self.by_reference = {partner.reference.upper(): partner.pk for partner in partners}
        met = set(Counterpart.objects.filter(kind=Kind.PARTNERSHIPS).values_list("partner", flat=True))
        self.by_email: dict[str, list[int]] = defaultdict(list)
        for partner in partners:
            if partner.pk not in met:
                self.by_email[partner.email.casefold()].append(partner.pk)
        self.taken = set(self.by_reference)
        self.found: dict[str, int] = {}  # Partners that are here, by the partnership's key.
        self.new: dict[str, str] = {}  # References of those that are made, by the partnership's key.
        self.begun: dict[str, str] = {}  # Those of this import: their references.
        self.rows: list[tuple[str, ...]] = []

    def place(self, key: str, row: Row) -> str:
        """This function will say which partner a partnership is or becomes; the answer is why it is none."""
        email = clean(row.get("email"), 254)
        if why := _why_not(self.book, row, email):
            return why
        own_keys = [text for text in (clean(row.get("partner_key")), key) if fits_key(text)]
        same = [self.by_reference[text.upper()] for text in own_keys if text.upper() in self.by_reference]
        alike = self.by_email[email.casefold()]
        same = same or (alike if len(alike) == 1 else [])
        twin = self.begun.get(clean(row.get("partner_key")).upper())
        free = next((text for text in own_keys if text.upper() not in self.taken), "")
        if same:
            self.found[key] = same[0]
        elif twin:
            self.new[key] = twin
        elif free:
            self.taken.add(free.upper())
            self.new[key] = self.begun[free.upper()] = free
            joined_on = str(_joined_on(self.book, row))
            self.rows.append((free, name_of(row), PartnerKind.AFFILIATE.value, email, joined_on))
        else:
            return "Its key is no key here"
        return ""

    def keep(self) -> None:
        """This function will make the partners that are to be made, and remember which partnership is which partner."""
        if self.rows:
            record_facts(
                tables=[Table("partners", Kind.PARTNERSHIPS, COLUMNS, list(enumerate(self.rows, 1)))],
                source=SOURCE,
                by=self.book.by,
                at=self.book.at,
            )
        made = dict(Partner.objects.filter(reference__in=self.new.values()).values_list("reference", "pk"))
        partners = self.found | {key: made[reference] for key, reference in self.new.items()}
        Counterpart.objects.bulk_create(
            Counterpart(kind=Kind.PARTNERSHIPS, key=key, partner_id=partner) for key, partner in partners.items()
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
