"""What a message means: who sent it, whether that is proven, and whom it brings. It decides, and changes nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from email.utils import parseaddr

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models.functions import Lower

from accounts.models import User
from affiliates.models import Membership, Partner, Program
from integrations.introductions.forwarded import is_forward, people_forwarded
from integrations.introductions.letter import Address, Letter
from integrations.introductions.models import Message, Reading, State, Why
from integrations.introductions.proof import Proof, prove
from integrations.introductions.proposal import Proposal, propose
from referrals.companies import own_domain, registrable_domain
from referrals.models import Lead
from referrals.models.lead import Channel

DAEMONS = ("mailer-daemon", "postmaster", "no-reply", "noreply", "do-not-reply", "donotreply")
BULK = ("bulk", "junk", "list", "auto_reply")
LISTS = ("list-id", "list-post", "list-unsubscribe", "list-help", "list-archive", "list-owner", "list-subscribe",
         "mailing-list", "x-mailing-list")  # fmt: skip
# What programs for absence put before the subject; with a message that it answers it is theirs.
ABSENT = ("automatic reply:", "auto reply:", "autoreply:", "out of office", "out of the office", "abwesenheitsnotiz",
          "automatische antwort", "réponse automatique", "respuesta automática", "risposta automatica",
          "automatisch antwoord", "resposta automática", "自動応答")  # fmt: skip
MOST_OTHERS = 20


@dataclass(frozen=True, slots=True)
class Understood:
    """What a message means, and what it is to become."""

    becomes: State
    why: Why
    details: str = ""
    proof: Proof | None = None
    member: User | None = None
    partner: Partner | None = None
    lead: Lead | None = None
    proposal: Proposal | None = None
    others: Sequence[Address] = field(default=())


@dataclass(frozen=True, slots=True)
class Around:
    """Who is no prospect: the company's own addresses and domains, and the partner's."""

    emails: frozenset[str]
    domains: frozenset[str]

    def has(self, email: str) -> bool:
        return _plain(email) in self.emails or own_domain(email.rpartition("@")[2]) in self.domains


def understand(letter: Letter, message: Message, *, on: date) -> Understood:
    """This function will say what a message means; `on` is the day on which it came."""
    ours = _ours()
    if why := _left_alone(letter, message, ours):
        return Understood(State.LEFT, why)
    sender = letter.senders[0]
    proof = prove(
        sender.email,
        verdicts=letter.verdicts,
        trusted=settings.INTRODUCTIONS_TRUSTED_AUTHSERV,
        provider=message.findings,
    )
    return replace(_known(letter, message, sender, proof, ours, on), proof=proof)


def _left_alone(letter: Letter, message: Message, ours: Around) -> Why | None:
    """Why nobody has to look at a message, whoever sent it."""
    marks = letter.marks
    locals_ = [each.email.partition("@")[0] for each in letter.senders]
    is_returned = message.envelope_sender == "" or marks.get("return-path", "").strip() == "<>"
    is_report = marks.get("content-type", "").lower().startswith("multipart/report")
    if is_returned or is_report or "x-failed-recipients" in marks:
        return Why.BOUNCE
    if any(local in DAEMONS for local in locals_):
        return Why.BOUNCE if locals_[0] in DAEMONS[:2] else Why.AUTOMATIC
    if marks.get("auto-submitted", "no").strip().lower().split(";")[0].strip() not in ("", "no"):
        return Why.AUTOMATIC
    if "x-autoreply" in marks or "x-autorespond" in marks or marks.get("precedence", "").strip().lower() in BULK[3:]:
        return Why.AUTOMATIC
    if letter.answers and letter.subject.lower().startswith(ABSENT):
        return Why.AUTOMATIC
    if any(name in marks for name in LISTS) or marks.get("precedence", "").strip().lower() in BULK:
        return Why.LIST
    if len(letter.senders) != 1:
        return Why.NOT_ONE_SENDER
    if letter.senders[0].email in own_addresses() or _plain(letter.senders[0].email) in own_addresses():
        return Why.OWN
    return Why.CALENDAR if "calendar" in marks else None


def _known(letter: Letter, message: Message, sender: Address, proof: Proof, ours: Around, on: date) -> Understood:
    """What a message of somebody means who may be known, and may be proven."""
    members = list(
        Membership.objects.filter(user__email__iexact=sender.email, user__is_active=True)
        .select_related("user", "partner")
        .order_by("partner__name")
    )
    threads = _threads(letter)
    thread = _thread_of(sender, members, threads)
    prospects = _lead_of_prospect(sender.email)
    is_ours = ours.has(sender.email)
    if not members and not is_ours and thread is None and prospects is None:
        return Understood(State.LEFT, Why.UNKNOWN)
    told = Understood(State.WAITS, Why.UNPROVEN, lead=thread or prospects, member=members[0].user if members else None)
    if len(members) == 1:
        told = replace(told, partner=members[0].partner)
    if not proof.is_good:
        return replace(told, details=proof.says)
    if message.is_spam:
        return replace(told, why=Why.SPAM)
    if members:
        return _of_member(letter, message, members, thread, ours, on)
    if is_ours:
        return replace(told, becomes=State.JOINED, why=Why.REPLY) if thread else Understood(State.LEFT, Why.OWN)
    lead = prospects if thread is None else thread
    if lead is not None and _is_of(sender.email, lead):
        return Understood(State.JOINED, Why.REPLY if thread else Why.PROSPECT, lead=lead, partner=lead.partner)
    return replace(told, why=Why.STRANGER)


def _of_member(
    letter: Letter, message: Message, members: list[Membership], thread: Lead | None, ours: Around, on: date
) -> Understood:
    """What a partner's own person brings."""
    partner = _partner(letter, message, members)
    told = Understood(State.WAITS, Why.SEVERAL_PARTNERS, member=members[0].user, partner=partner)
    around = _with_partners(ours, [partner] if partner else [each.partner for each in members], members[0].user)
    people = _outsiders((*letter.to, *letter.cc), around)
    is_direct, forwards = bool(people), is_forward(letter)
    carried = _outsiders(people_forwarded(letter), around) if forwards or not is_direct else []
    if thread is not None and any(thread.partner_id == each.partner_id for each in members):
        if all(_is_of(each.email, thread) for each in (*people, *(carried if forwards else ()))):
            return replace(told, becomes=State.JOINED, why=Why.REPLY, lead=thread, partner=thread.partner)
    elif thread is not None:
        return replace(told, why=Why.STRANGER, lead=thread)
    companies = {_company(each.email) for each in people}
    # Who forwards one company's message to another one's people may introduce either.
    is_either = is_direct and any(_company(each.email) not in companies for each in carried)
    if not is_direct:
        people = carried
    elif is_either:
        people = list({each.email: each for each in (*people, *carried)}.values())
    told = replace(told, others=people[:MOST_OTHERS])
    if people:
        told = replace(told, proposal=propose(people[0], subject=letter.subject, text=letter.text), others=people[1:])
    if partner is None:
        return told
    if not people:
        return replace(told, why=Why.UNCLEAR if forwards else Why.NOBODY)
    if _are_partners_people(people):
        return replace(told, why=Why.PARTNERS_PERSON)
    if is_either or (not is_direct and len(people) > 1):
        return replace(told, why=Why.UNCLEAR)
    if len({_company(each.email) for each in people}) > 1:
        return replace(told, why=Why.SEVERAL_COMPANIES)
    if not partner.is_active(on=on):
        return replace(told, why=Why.NOT_ACTIVE)
    return replace(told, becomes=State.LEAD, why=Why.INTRODUCED)


def _partner(letter: Letter, message: Message, members: list[Membership]) -> Partner | None:
    """For whom a member writes: their one partner, else the one that the address was written with, as in `us+key@`."""
    if len(members) == 1:
        return members[0].partner
    base = _plain(settings.INTRODUCTIONS_ADDRESS)
    written = [message.envelope_recipient.lower(), *(each.email for each in (*letter.to, *letter.cc))]
    tags = {each.partition("@")[0].partition("+")[2] for each in written if base and _plain(each) == base}
    named = [each.partner for each in members if each.partner.reference.lower() in tags]
    return named[0] if len(named) == 1 else None


# -- Who is who --


def own_addresses() -> set[str]:
    """The addresses that the portal itself sends from and receives at."""
    told = (settings.INTRODUCTIONS_ADDRESS, parseaddr(settings.DEFAULT_FROM_EMAIL)[1])
    return {_plain(each) for each in told if each}


def _ours() -> Around:
    program = Program.current()
    staff = User.objects.filter(is_staff=True, is_active=True).values_list("email", flat=True)
    sites = (program.company_site, program.company_email.rpartition("@")[2], *settings.INTRODUCTIONS_OWN_DOMAINS)
    hosts = (each.rpartition("@")[2] for each in own_addresses())
    emails = {*own_addresses(), _plain(program.company_email), *map(_plain, staff)}
    return Around(frozenset(emails), frozenset(filter(None, map(own_domain, (*sites, *hosts)))))


def _with_partners(ours: Around, partners: Iterable[Partner], member: User) -> Around:
    keys = [partner.pk for partner in partners]
    members = Membership.objects.filter(partner__in=keys).values_list("user__email", flat=True)
    emails = {*members, member.email, *Partner.objects.filter(pk__in=keys).values_list("email", flat=True)}
    domains = filter(None, (own_domain(each.rpartition("@")[2]) for each in emails))
    return Around(ours.emails | {_plain(each) for each in emails}, ours.domains | frozenset(domains))


def _outsiders(people: Iterable[Address], around: Around) -> list[Address]:
    """Those who may be introduced: people of neither side, at addresses where somebody can be reached."""
    return [each for each in people if not around.has(each.email) and _is_reachable(each.email)]


def _is_reachable(email: str) -> bool:
    try:
        validate_email(email)
    except ValidationError:
        return False
    local, _, host = email.rpartition("@")
    return local.lower() not in DAEMONS and registrable_domain(host) != ""


def _threads(letter: Letter) -> list[Lead]:
    """The leads to whose messages this is an answer, the one that came first at the front.

    Anybody may give a message the id of another's, so several leads may have what one answer names.
    """
    if not letter.answers:
        return []
    known = Reading.objects.filter(named__in=letter.answers, lead__isnull=False, state__in=(State.LEAD, State.JOINED))
    found = {row.lead_id: row.lead for row in known.select_related("lead__partner").order_by("pk")}
    return [lead for lead in found.values() if lead is not None]


def _thread_of(sender: Address, members: Sequence[Membership], threads: Sequence[Lead]) -> Lead | None:
    """Of these leads the newest that is the sender's partner's or the sender's company's; else the first."""
    partners = {each.partner_id for each in members}
    own = [lead for lead in threads if lead.partner_id in partners or (not members and _is_of(sender.email, lead))]
    if own:
        return own[-1]
    return threads[0] if threads else None


def _are_partners_people(people: Sequence[Address]) -> bool:
    """Whether somebody of these acts for a partner."""
    emails = Membership.objects.alias(plain=Lower("user__email")).filter(plain__in=[each.email for each in people])
    return emails.exists()


def _lead_of_prospect(email: str) -> Lead | None:
    """The newest introduction of somebody that sales still works on."""
    leads = Lead.objects.open().filter(channel=Channel.INTRODUCTION, introductions__state=State.LEAD)
    return leads.filter(email__iexact=email).select_related("partner").order_by("-pk").first()


def _is_of(email: str, lead: Lead) -> bool:
    """Whether somebody is the lead's contact or one of its company's people."""
    domain = own_domain(email.rpartition("@")[2])
    return email.lower() == lead.email.lower() or (domain != "" and domain in (lead.domain, lead.mail_domain))


def _company(email: str) -> str:
    """What people of one company have in common; somebody with a mailbox at a provider is alone."""
    return own_domain(email.rpartition("@")[2]) or email


def _plain(email: str) -> str:
    """An address without the tag that its owner may add: `us+key@example.com` is `us@example.com`."""
    local, _, domain = email.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}" if domain and local else email.lower()
