from dataclasses import dataclass
from datetime import datetime

from django.db import DatabaseError, connection

from affiliates.destinations import is_allowed, link_hosts, with_token
from referrals.models.link import CODE_LENGTH, SAID_LENGTH, make_token

# One statement finds the link and writes the click (migration 0005); its commit does not wait for the disk.
FOLLOW = """
    SELECT destination, company_site, allowed_hosts, is_live
    FROM tributary_follow(%(code)s, %(at)s, %(token)s, %(visitor)s, %(is_probe)s, %(referrer)s, %(agent)s),
         set_config('synchronous_commit', 'off', true)
"""
Found = tuple[str, str, list[str], bool]
Values = dict[str, str | bool | datetime]


@dataclass(frozen=True, slots=True)
class Visit:
    """What is known of somebody who follows a link."""

    visitor: str
    is_probe: bool
    referrer: str
    agent: str


def follow_link(*, code: str, visit: Visit, at: datetime) -> str | None:
    """This function will write a click and say where it leads; None where nobody has such a link.

    A link whose host is not allowed any more leads to the company's site, and its click counts. One that is
    switched off, or whose partnership has ended, leads there too, without a click. "" is where the program names
    no site.
    """
    token = make_token()
    found = _click(code, token, visit, at)
    if found is None:
        return None
    destination, site, hosts, is_live = found
    if not is_live:
        return site
    target = destination if is_allowed(destination, link_hosts(hosts, site)) else site
    return with_token(target, token) if target else ""


def click_form(*, code: str, visit: Visit, at: datetime) -> str:
    """This function will write a click of somebody who opens the form at a link, and give its token; "" for none."""
    token = make_token()
    found = _click(code, token, visit, at)
    return token if found and found[-1] else ""


def _click(code: str, token: str, visit: Visit, at: datetime) -> Found | None:
    values: Values = {
        "code": code.lower(),
        "at": at,
        "token": token,
        "visitor": visit.visitor,
        "is_probe": visit.is_probe,
        "referrer": _kept(visit.referrer.partition("?")[0].partition("#")[0]),
        "agent": _kept(visit.agent),
    }
    return _run(values) if len(code) <= CODE_LENGTH else None


def _run(values: Values) -> Found | None:
    """Run the statement; on a connection that the server had closed meanwhile, on a new one.

    Django would ask each connection first whether it still works, which takes as long as the statement.
    """
    is_tried = connection.connection is not None and not connection.in_atomic_block
    connection.health_check_done = True  # type: ignore[attr-defined]
    try:
        return _ask(values)
    except DatabaseError:
        if not is_tried or connection.is_usable():
            raise
        connection.close()
        return _ask(values)


def _ask(values: Values) -> Found | None:
    with connection.cursor() as cursor:
        cursor.execute(FOLLOW, values)
        found: Found | None = cursor.fetchone()
    return found


def _kept(said: str) -> str:
    return said.replace("\0", "")[:SAID_LENGTH]
