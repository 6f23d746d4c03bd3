"""Reads saved pages of PartnerStack: a file is an envelope, and its name or its folder's says of what."""

from collections.abc import Iterator
from pathlib import Path

from integrations.partnerstack.formats import BadPage, Kind, Page, read_page

MOST_BYTES = 512 * 1024 * 1024


class FilesRefused(Exception):
    """The files cannot be taken; the message says which and why."""


def saved_pages(folder: Path) -> list[tuple[Kind, Path]]:
    """The files of a folder and of those in it, each with its kind, in the order in which kinds build on each other.

    :raises FilesRefused: there are none, or one has a name that tells no kind
    """
    found = []
    for path in sorted(folder.rglob("*.json")):
        kind = _kind_of(path, folder)
        if kind is None:
            known = ", ".join(Kind.values)
            raise FilesRefused(f"{path.relative_to(folder)}: its name begins with none of {known}, nor its folder’s")
        found.append((kind, path))
    if not found:
        raise FilesRefused(f"{folder} has no .json files")
    return sorted(found, key=lambda each: list(Kind).index(each[0]))


def open_page(path: Path) -> Page:
    """This function will read one saved page.

    :raises FilesRefused: it is no page
    """
    if path.stat().st_size > MOST_BYTES:
        raise FilesRefused(f"{path.name} is larger than {MOST_BYTES:,} bytes; save it in pages")
    try:
        return read_page(path.read_bytes())
    except BadPage as bad:
        raise FilesRefused(f"{path.name} cannot be taken: {bad}") from bad


def _kind_of(path: Path, folder: Path) -> Kind | None:
    names: Iterator[str] = (part.lower() for part in reversed(path.relative_to(folder).parts))
    return next((kind for name in names for kind in Kind if name.startswith(kind.value)), None)
