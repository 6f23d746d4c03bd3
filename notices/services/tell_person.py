from collections.abc import Sequence
from datetime import datetime

from accounts.models import User
from notices.models import Notice, NoticeKind
from parts.formats import plain

LONGEST_SUBJECT = 200


def tell_person(
    *,
    recipient: str,
    kind: NoticeKind,
    key: str,
    subject: str,
    paragraphs: Sequence[str],
    at: datetime,
    path: str = "",
    code: str = "",
    has_key: bool = False,
    person: User | None = None,
    partner_id: int | None = None,
    about: str = "",
    answers: str = "",
) -> None:
    """This function will put one notice to one address into the outbox; a key that was used says nothing again.

    Call it in the transaction of the step that it tells of. `path` is the page that it leads to. With `has_key` it
    opens something for whoever knows it, as a `code` always does, and is forgotten once it was sent. `about` is the
    partner's name, `answers` the Message-ID of the e-mail that it answers. What goes to a partner's people goes
    through `affiliates.services.tell_partner` instead.
    """
    notice = Notice(
        key=key,
        kind=kind,
        partner_id=partner_id,
        about=one_line(about),
        person=person,
        recipient=recipient,
        subject=one_line(subject),
        body=put_together(paragraphs),
        path=path,
        code=code,
        has_key=has_key or bool(code),
        answers=answers,
        created_at=at,
    )
    Notice.objects.bulk_create([notice], ignore_conflicts=True)


def one_line(text: str) -> str:
    """A text as a header can have it: on one line, not too long, nothing that no reader sees."""
    line = plain(text)
    return line if len(line) <= LONGEST_SUBJECT else f"{line[: LONGEST_SUBJECT - 1]}…"


def put_together(paragraphs: Sequence[str]) -> str:
    """The body that paragraphs make; each keeps its lines, and only a new paragraph leaves one blank."""
    cleaned = ("\n".join(filter(None, map(str.strip, text.splitlines()))) for text in paragraphs)
    return "\n\n".join(filter(None, cleaned))
