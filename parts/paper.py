"""Print HTML as a tagged PDF: the same input gives the same bytes, and nothing is fetched."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from re import fullmatch

from django.template import Context, Engine

BASE = Path(__file__).resolve().parents[1]
SAFE_ACCENT = "#1f5f8b"
ENGINE = Engine(dirs=[str(BASE / "templates")], autoescape=True)


@dataclass(frozen=True, slots=True)
class Attached:
    """A text file that a PDF carries inside, dated by the document and not by the clock."""

    content: str
    name: str
    description: str
    at: datetime


def fill(template: str, context: Mapping[str, object]) -> str:
    """Return a template of ours filled in, without anything of the language or the time zone around it."""
    return ENGINE.get_template(template).render(Context(dict(context), use_l10n=False, use_tz=False))


def safe_accent(accent: str) -> str:
    """Return the program's colour if it is one, `#rrggbb`: it is written into the style sheet as it is."""
    return accent if fullmatch(r"#[0-9A-Fa-f]{6}", accent) else SAFE_ACCENT


def print_pdf(page: str, css: Path, accent: str, attachments: Iterable[Attached] = ()) -> bytes:
    """Return the PDF/UA-1 of a page."""
    from parts.press import press  # Half a second that every process would take to start, and few print.

    return press(page, css, safe_accent(accent), attachments)
