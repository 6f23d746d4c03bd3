import re
import secrets
from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.services.write_audit import write_audit
from affiliates.destinations import CARRIED, is_allowed
from affiliates.models import Partner, Program
from referrals.models import Link
from referrals.models.link import CODE_LENGTH, CODE_PATTERN

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # None that is taken for another.
GENERATED_LENGTH = 8
SHORTEST = 3
CHOSEN = re.compile(CODE_PATTERN)
MOST_LINKS = 1000


class LinkRefused(Exception):
    """The link cannot be made like this; `field` is where, the message says what would make it work."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def make_link(
    *, partner: Partner, name: str, destination: str, code: str = "", sub_id: str = "", by: User | None, at: datetime
) -> Link:
    """This function will make a partner's link; without a code it thinks of one that nobody can guess.

    :raises LinkRefused: the partnership is not active, the site or the code cannot be used, or there are too many
    """
    program = Program.current()
    if not partner.is_active(on=program.day(at)):
        raise LinkRefused("name", "Links are made while the partnership is active")
    check_destination(destination, program)
    code = code.strip().lower()
    if code:
        _check_code(code)
    with transaction.atomic():
        Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
        if partner.links.count() >= MOST_LINKS:
            raise LinkRefused("name", f"There are {MOST_LINKS:,} links, which is as many as a partner can have")
        chosen = code or "".join(secrets.choice(LETTERS) for _ in range(GENERATED_LENGTH))
        try:
            with transaction.atomic():
                link = Link.objects.create(
                    partner=partner,
                    code=chosen,
                    name=name.strip(),
                    destination=destination,
                    sub_id=sub_id.strip(),
                    created_at=at,
                )
        except IntegrityError as error:
            raise LinkRefused("code", f"“{chosen}” is taken. Choose another code, or leave it empty") from error
        write_audit(by=by, at=at, action="link made", subject=f"link {link.pk}", code=chosen, leads_to=destination)
    return link


def check_destination(destination: str, program: Program) -> None:
    """:raises LinkRefused: the program's links may not lead there"""
    hosts = program.link_hosts
    if not hosts:
        raise LinkRefused("destination", f"The program names no site yet. Write to {program.company_email}")
    if not is_allowed(destination, hosts):
        raise LinkRefused("destination", f"A link leads to an https address of {', '.join(hosts)}")
    if re.search(rf"[?&]{CARRIED}=", destination):
        raise LinkRefused("destination", f"Leave out “{CARRIED}=”: each click puts its own there")


def _check_code(code: str) -> None:
    if not SHORTEST <= len(code) <= CODE_LENGTH or not CHOSEN.fullmatch(code):
        raise LinkRefused(
            "code",
            f"A code has {SHORTEST} to {CODE_LENGTH} letters a to z, digits and hyphens, like spring-sale",
        )
