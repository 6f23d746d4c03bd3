"""Print an acceptance of the Agreement as a PDF: who, when, from where, and the whole text that was accepted."""

from datetime import UTC, datetime
from pathlib import Path
from re import sub

from affiliates.documents.clauses import Clause, read_clauses
from affiliates.models import Acceptance
from parts.formats import day, plain
from parts.paper import Attached, fill, print_pdf

CSS = Path(__file__).with_name("acceptance.css")
TEMPLATE = "affiliates/acceptance_document.html"
UNSAFE_IN_NAMES = r"[^A-Za-z0-9._-]+"


def render_acceptance(acceptance: Acceptance, *, accent: str) -> bytes:
    """Return the acceptance as PDF/UA-1, the same in the same bytes each time, with the exact text attached."""
    version = acceptance.version
    context = {
        "title": f"Acceptance of version {plain(version.number)} for {plain(acceptance.partner_name)}",
        "version": plain(version.number),
        "agreement": plain(version.title),
        "name": plain(acceptance.name),
        "facts": [(name, plain(value)) for name, value in facts(acceptance)],
        "text_file": text_name(acceptance),
        "clauses": [tidied(clause) for clause in read_clauses(version.text)],
    }
    return print_pdf(fill(TEMPLATE, context), CSS, accent, [attached_text(acceptance)])


def facts(acceptance: Acceptance) -> list[tuple[str, str]]:
    """Return what the acceptance consists of, as it was written down then."""
    version = acceptance.version
    return [
        ("Partner", f"{acceptance.partner_name} ({acceptance.partner.reference})"),
        ("Accepted by", acceptance.name),
        ("Signed in as", acceptance.email),
        ("Accepted at", moment(acceptance.at)),
        ("From network address", acceptance.address or "not recorded"),
        ("Agreement", f"{version.title}, version {version.number}, published on {day(utc(version.published_at))}"),
        ("SHA-256 of its text", version.sha256),
    ]


def utc(at: datetime) -> datetime:
    return at.astimezone(UTC)


def moment(at: datetime) -> str:
    """Write a moment to the second: `3 May 2026, 14:05:09 UTC`."""
    return f"{day(utc(at))}, {utc(at):%H:%M:%S} UTC"


def file_name(acceptance: Acceptance) -> str:
    """Return the document's file name: `acceptance-2.0-ada.pdf`."""
    return f"acceptance-{sub(UNSAFE_IN_NAMES, '-', f'{acceptance.version.number}-{acceptance.partner.reference}')}.pdf"


def text_name(acceptance: Acceptance) -> str:
    """Return the file name of the attached text: `agreement-2.0.txt`."""
    return f"agreement-{sub(UNSAFE_IN_NAMES, '-', acceptance.version.number)}.txt"


def attached_text(acceptance: Acceptance) -> Attached:
    """Return the text exactly as it was published: its SHA-256 is the one that the document names."""
    return Attached(
        acceptance.version.text,
        name=text_name(acceptance),
        description=f"The text of version {plain(acceptance.version.number)} as it was published",
        at=utc(acceptance.version.published_at),
    )


def tidied(clause: Clause) -> dict[str, object]:
    """Return a clause whose every text is one plain line."""
    blocks = [
        {
            "head": plain(block.head),
            "text": plain(block.text),
            "marker": plain(block.marker) or "•",
            "is_listed": block.is_listed,
            "is_nested": block.is_nested,
        }
        for block in clause.blocks
    ]
    return {"label": plain(clause.label) if clause.key else "", "blocks": blocks}
