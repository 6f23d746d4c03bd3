from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from affiliates.models import Partner
from notices.models import MAY_BE_OFF, NoticeKind
from notices.services.tell_person import one_line, put_together

# Each member who wants to hear of it, at their pace. A partner without members is told at its own address, and so
# is every partner of what cannot be turned off, unless a member has that address.
NOTICES = """
    WITH message AS (
        SELECT * FROM unnest(%(partners)s::bigint[], %(keys)s::text[], %(subjects)s::text[], %(bodies)s::text[],
                             %(paths)s::text[]) WITH ORDINALITY AS message (partner_id, key, subject, body, path, place)
    ), member AS (
        SELECT membership.partner_id, person.id AS person_id, person.email
        FROM affiliates_membership AS membership JOIN accounts_user AS person ON person.id = membership.user_id
        WHERE person.is_active AND membership.partner_id = ANY (%(partners)s)
    ), recipient AS (
        SELECT member.*, coalesce(preference.pace, 'at_once') AS pace
        FROM member LEFT JOIN notices_noticepreference AS preference
          ON preference.person_id = member.person_id AND preference.partner_id = member.partner_id
             AND preference.kind = %(kind)s
        UNION ALL
        SELECT partner.id, NULL, partner.email, 'at_once' FROM affiliates_partner AS partner
        WHERE partner.id = ANY (%(partners)s)
          AND NOT EXISTS (SELECT FROM member WHERE member.partner_id = partner.id
                                               AND (%(may_be_off)s OR lower(member.email) = lower(partner.email)))
    )
    INSERT INTO notices_notice (key, kind, partner_id, about, person_id, recipient, subject, body, path, created_at,
                                is_daily, tries, error, code, has_key, answers)
    SELECT message.key || coalesce(':' || recipient.person_id, ''), %(kind)s, partner.id,
           regexp_replace(partner.name, '[[:cntrl:]]+', ' ', 'g'), recipient.person_id, recipient.email,
           message.subject, message.body, message.path, %(at)s, recipient.pace = 'daily', 0, '', '', false, ''
    FROM message JOIN recipient USING (partner_id) JOIN affiliates_partner AS partner ON partner.id = partner_id
    WHERE recipient.pace <> 'off'
    ORDER BY message.place, recipient.person_id
    ON CONFLICT (key) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Message:
    """What one partner is told; the key makes it said once, the path is the page that it leads to."""

    partner_id: int
    key: str
    subject: str
    paragraphs: Sequence[str]
    path: str = ""


def tell_partner(
    *,
    partner: Partner,
    kind: NoticeKind,
    key: str,
    subject: str,
    paragraphs: Sequence[str],
    at: datetime,
    path: str = "",
) -> int:
    """This function will put a notice to each member of a partner who wants it into the outbox, and count them.

    What cannot be turned off goes to the partner's own address as well.
    Call it in the transaction of the step that it tells of. What was said under a key is not said again.
    `key` is like `lead:12:40`, and names what happened; `path` is the page that the notice leads to.
    """
    return tell_partners(kind=kind, messages=[Message(partner.pk, key, subject, paragraphs, path)], at=at)


def tell_partners(*, kind: NoticeKind, messages: Iterable[Message], at: datetime) -> int:
    """This function will tell many partners what `tell_partner` tells one, in one statement."""
    messages = list(messages)
    if not messages:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            NOTICES,
            {
                "kind": kind.value,
                "may_be_off": kind in MAY_BE_OFF,
                "at": at,
                "partners": [message.partner_id for message in messages],
                "keys": [message.key for message in messages],
                "subjects": [one_line(message.subject) for message in messages],
                "bodies": [put_together(message.paragraphs) for message in messages],
                "paths": [message.path for message in messages],
            },
        )
        return int(cursor.rowcount)
