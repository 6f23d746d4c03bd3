"""WeasyPrint, as `paper.py` prints with it: loading it takes half a second, for which only who prints waits."""

import gc
import os
from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any
from xml.etree.ElementTree import fromstring

from cssselect2 import ElementWrapper  # type: ignore[import-untyped]
from pydyf import Array, Dictionary  # type: ignore[import-untyped]
from weasyprint import CSS, HTML, Attachment
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher

from parts.paper import BASE, Attached

FONTS = BASE / "static" / "vendor" / "inter"
FACES = (
    (400, "inter-latin-400-normal.woff2"),
    (600, "inter-latin-600-normal.woff2"),
)
COLOUR_NAME = "--accent"
ONE_AT_A_TIME = Lock()
NOTHING_OUTSIDE = URLFetcher(allowed_protocols=("data",), allow_redirects=False)

Sheet = tuple[CSS, FontConfiguration]


class Page(HTML):  # type: ignore[misc]
    """HTML that is well-formed XML too: read by the standard library's parser, which is much faster."""

    def __init__(self, text: str) -> None:
        self.base_url = None
        self.url_fetcher = NOTHING_OUTSIDE
        self.media_type = "print"
        tree = fromstring(text)  # noqa: S314 (our own template: what comes from outside is escaped in it)
        self.wrapper_element = ElementWrapper.from_html_root(tree)
        self.etree_element = self.wrapper_element.etree_element


def press(page: str, css: Path, accent: str, attachments: Iterable[Attached]) -> bytes:
    """Return the PDF/UA-1 of a page, one at a time: Pango's font map is not for several threads.
    It has no file identifier, which PDF/UA doesn't ask for: pydyf writes the whole document a second time to
    hash it, a sixteenth of the work.
    """
    with ONE_AT_A_TIME, _collected_afterwards():
        sheet, fonts = _sheet(css, accent, os.getpid())
        return bytes(
            Page(page).write_pdf(
                stylesheets=[sheet],
                font_config=fonts,
                attachments=[_attach(each) for each in attachments],
                finisher=_relate_attachments,
                pdf_variant="pdf/ua-1",
                pdf_tags=True,
            )
        )


def _attach(each: Attached) -> Attachment:
    return Attachment(
        string=each.content, url_fetcher=NOTHING_OUTSIDE, name=each.name, description=each.description,
        created=each.at, modified=each.at, relationship="Data",
    )  # fmt: skip


@contextmanager
def _collected_afterwards() -> Iterator[None]:
    """Collect a page's boxes in one go when they are all garbage: a sixth faster, and no more memory."""
    paused = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if paused:
            gc.enable()
            gc.collect(1)


@lru_cache(maxsize=8)
def _sheet(css: Path, accent: str, process: int) -> Sheet:
    """Return the style sheet with its fonts, read once a `process`: a fork must not share its fonts."""
    fonts = FontConfiguration()
    text = _faces() + css.read_text("utf-8").replace(f"var({COLOUR_NAME})", accent)
    return CSS(string=text, font_config=fonts, url_fetcher=NOTHING_OUTSIDE), fonts


def _faces() -> str:
    """Return `@font-face` rules for the fonts that are installed; without them the CSS names what follows."""
    return "".join(
        f'@font-face{{font-family:"Inter";font-weight:{weight};'
        f"src:url(data:font/woff2;base64,{b64encode((FONTS / name).read_bytes()).decode()})}}"
        for weight, name in FACES
        if (FONTS / name).is_file()
    )


def _relate_attachments(document: object, pdf: Any) -> None:
    """Say how each attached file relates to the document, which WeasyPrint writes for PDF/A only."""
    objects: list[Any] = pdf.objects
    files = [one for one in objects if isinstance(one, Dictionary) and one.get("Type") == "/Filespec"]
    for file in files:
        file["AFRelationship"] = "/Data"
    if files:
        pdf.catalog["AF"] = Array(file.reference for file in files)
