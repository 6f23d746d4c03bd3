"""The e-mails that a machine for development writes to files instead of sending them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

MOST = 100  # The newest ones.
BETWEEN = re.compile(rb"^-{79}\n", re.MULTILINE)  # What the file backend writes after each e-mail.
# A preview runs nothing and fetches nothing; the page that it stands in may frame it.
PREVIEW_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"


@dataclass(frozen=True, slots=True)
class Written:
    """An e-mail in a file: the file's name, its place in it, and what it says."""

    name: str
    place: int
    subject: str
    sender: str
    recipient: str
    at: datetime | None
    text: str
    html: str


@require_safe
def written_mails(request: HttpRequest) -> HttpResponse:
    """The newest e-mails."""
    mails: list[Written] = []
    for path in _files():
        mails += reversed(list(_read(path)))
        if len(mails) >= MOST:
            break
    context = {"title": "Mail", "mails": mails[:MOST], "folder": settings.EMAIL_FILE_PATH, "host": settings.EMAIL_HOST}
    return render(request, "notices/written_mails.html", context)


@require_safe
def written_mail(request: HttpRequest, name: str, place: int) -> HttpResponse:
    """One e-mail, its text and its HTML."""
    mail = _find(name, place)
    return render(request, "notices/written_mail.html", {"title": mail.subject, "mail": mail})


@require_safe
@xframe_options_sameorigin
def written_html(request: HttpRequest, name: str, place: int) -> HttpResponse:
    """The HTML of an e-mail, in a place where nothing can run."""
    mail = _find(name, place)
    if not mail.html:
        raise Http404
    return HttpResponse(mail.html, headers={"Content-Security-Policy": PREVIEW_POLICY})


def _files() -> list[Path]:
    """The files, newest first; their names begin with the time."""
    return sorted(Path(settings.EMAIL_FILE_PATH).glob("*.log"), key=lambda path: path.stat().st_mtime, reverse=True)


def _find(name: str, place: int) -> Written:
    path = next((path for path in _files() if path.stem == name), None)
    mails = list(_read(path)) if path else []
    if place >= len(mails):
        raise Http404
    return mails[place]


def _read(path: Path) -> Iterator[Written]:
    for place, raw in enumerate(filter(bytes.strip, BETWEEN.split(path.read_bytes()))):
        message: EmailMessage = message_from_bytes(raw, policy=default)
        date = message["Date"]
        yield Written(
            name=path.stem,
            place=place,
            subject=str(message["Subject"] or "(no subject)"),
            sender=str(message["From"] or ""),
            recipient=str(message["To"] or ""),
            at=date.datetime if date else None,
            text=_part(message, "plain"),
            html=_part(message, "html"),
        )


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    return str(part.get_content()) if part is not None else ""
