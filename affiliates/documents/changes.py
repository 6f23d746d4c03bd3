"""What a version of the Agreement changes of the one before, clause by clause and word by word."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from affiliates.documents.clauses import Clause

WORDS = re.compile(r"\w+(?:[’'.,]\w+)*\s*|[^\w\s]\s*")
BREAK = "\n"  # Between two paragraphs, as one more word.
TOO_DIFFERENT = 0.35  # Less in common than this share, and a text is easier read as a new one.
SHORT_ISLAND = 2  # So few words between two changes are part of the change.


class Change(StrEnum):
    SAME = "same"
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"


class Mark(StrEnum):
    KEPT = "kept"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words that stayed, came or went."""

    mark: Mark
    text: str


Paragraph = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class ClauseChange:
    """A clause beside the one that it was; `was` is the earlier label where it has another number or title."""

    change: Change
    label: str
    was: str
    paragraphs: tuple[Paragraph, ...]


def compare(before: Sequence[Clause], after: Sequence[Clause]) -> list[ClauseChange]:
    """This function will set two versions beside each other, in the order of the later one.

    A clause is found again by its title, else by its number; what went stands where it stood.
    """
    pairs = _pairs(before, after)
    taken = {id(old) for _, old in pairs if old is not None}
    left = [old for old in before if id(old) not in taken]
    result: list[ClauseChange] = []
    for new, old in pairs:
        if old is not None:
            earlier = [gone for gone in left if _place(gone, before) < _place(old, before)]
            left = [gone for gone in left if gone not in earlier]
            result += [_compared(None, gone) for gone in earlier]
        result.append(_compared(new, old))
    return result + [_compared(None, gone) for gone in left]


def _pairs(before: Sequence[Clause], after: Sequence[Clause]) -> list[tuple[Clause, Clause | None]]:
    found: dict[int, Clause] = {}
    free = list(before)
    for same in (_same_title, _same_key):
        for place, new in enumerate(after):
            old = None if place in found else next((old for old in free if same(old, new)), None)
            if old is not None:
                found[place] = old
                free = [other for other in free if other is not old]
    return [(new, found.get(place)) for place, new in enumerate(after)]


def _same_title(old: Clause, new: Clause) -> bool:
    return bool(new.title) and old.title.casefold() == new.title.casefold() and old.is_numbered == new.is_numbered


def _same_key(old: Clause, new: Clause) -> bool:
    """Whether they stand in the same place, and are not two clauses with little in common but their number."""
    if old.key.casefold() != new.key.casefold():
        return False
    return not old.title or not new.title or _common(_words(old.paragraphs), _words(new.paragraphs)) >= TOO_DIFFERENT


def _place(clause: Clause, clauses: Sequence[Clause]) -> int:
    return next(place for place, one in enumerate(clauses) if one is clause)


def _compared(new: Clause | None, old: Clause | None) -> ClauseChange:
    if new is None or old is None:
        [only] = [clause for clause in (new, old) if clause is not None]
        change, mark = (Change.ADDED, Mark.ADDED) if old is None else (Change.REMOVED, Mark.REMOVED)
        return ClauseChange(change, only.label, "", tuple((Piece(mark, text),) for text in only.paragraphs))
    was = old.label if old.label != new.label else ""
    if old.paragraphs == new.paragraphs:
        kept = tuple((Piece(Mark.KEPT, text),) for text in new.paragraphs)
        return ClauseChange(Change.CHANGED if was else Change.SAME, new.label, was, kept)
    return ClauseChange(Change.CHANGED, new.label, was, tuple(_paragraphs(old.paragraphs, new.paragraphs)))


def _paragraphs(old: list[str], new: list[str]) -> Iterator[Paragraph]:
    """Yield the paragraphs of the later text with what went and what came."""
    current: list[Piece] = []
    for piece in _pieces(_words(old), _words(new)):
        if piece.mark is Mark.REMOVED:
            current.append(Piece(piece.mark, " ".join(piece.text.split(BREAK)).strip() + " "))
            continue
        first, *others = piece.text.split(BREAK)
        current += [Piece(piece.mark, first)] if first else []
        for text in others:
            if current:
                yield tuple(current)
            current = [Piece(piece.mark, text)] if text else []
    if current:
        yield tuple(current)


def _words(paragraphs: list[str]) -> list[str]:
    words: list[str] = []
    for paragraph in paragraphs:
        words += [BREAK] if words else []
        words += WORDS.findall(paragraph)
    return words


def _pieces(old: list[str], new: list[str]) -> Iterator[Piece]:
    matcher = SequenceMatcher(
        None, [word.strip(" ") for word in old], [word.strip(" ") for word in new], autojunk=False
    )
    if matcher.ratio() < TOO_DIFFERENT:
        yield from (Piece(Mark.REMOVED, "".join(old)), Piece(Mark.ADDED, "".join(new)))
        return
    gone, come = "", ""
    steps = matcher.get_opcodes()
    for place, (step, old_from, old_to, new_from, new_to) in enumerate(steps):
        words = new[new_from:new_to]
        is_island = 0 < place < len(steps) - 1 and len(words) <= SHORT_ISLAND and BREAK not in words
        if step == "equal" and not is_island:
            yield from _changed(gone, come)
            gone, come = "", ""
            yield Piece(Mark.KEPT, "".join(words))
        else:
            gone, come = gone + "".join(old[old_from:old_to]), come + "".join(words)
    yield from _changed(gone, come)


def _common(old: list[str], new: list[str]) -> float:
    """What share of two texts they have in common."""
    return _matcher(old, new).ratio()


def _matcher(old: list[str], new: list[str]) -> SequenceMatcher[str]:
    return SequenceMatcher(None, [word.strip(" ") for word in old], [word.strip(" ") for word in new], autojunk=False)


def _changed(gone: str, come: str) -> Iterator[Piece]:
    if gone:
        yield Piece(Mark.REMOVED, gone)
    if come:
        yield Piece(Mark.ADDED, come)
