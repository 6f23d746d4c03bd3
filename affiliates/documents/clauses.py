"""Reads the plain text of an Agreement as people do: clauses with their numbers and titles, lists, appendices."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

TOP_INDENT = 3  # A number further to the right belongs to a list inside a clause.
LONGEST_HEADING = 100
LONGEST_TITLE = 60
MOST_TITLE_WORDS = 7

NUMBERED = re.compile(r"(?P<number>\d{1,3})\.\s+(?P<rest>\S.*)")
APPENDIX = re.compile(
    r"(?P<key>(?:Appendix|Annex|Exhibit|Schedule)\s+(?:[A-Z]|\d{1,2}))\b\s*[:.–—-]?\s*(?P<title>.*)", re.IGNORECASE
)
LISTED = re.compile(r"(?P<marker>[•*–-]|\(?(?:[a-z]|[ivx]{1,4}|\d{1,3})[.)])\s+(?P<rest>\S.*)")
RUN_IN = re.compile(r"(?P<title>[A-Z][^.:;,()$%]*)\.(?P<rest>[A-Z].*|\s+[\w(“\"].*)?")
BULLETS = "•*–-"


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, or an entry of a list, where `marker` is what stands before it; `head` is its run-in title."""

    text: str
    head: str = ""
    marker: str = ""
    is_listed: bool = False
    is_nested: bool = False

    @property
    def whole(self) -> str:
        """The block in one line."""
        return " ".join(part for part in (self.marker, self.head and f"{self.head}.", self.text) if part)


@dataclass(frozen=True, slots=True)
class Clause:
    """A numbered clause, an appendix (`key` is its name), or what stands before the first of them (no key)."""

    key: str
    title: str
    blocks: tuple[Block, ...]

    @property
    def is_numbered(self) -> bool:
        return self.key.isdecimal()

    @property
    def anchor(self) -> str:
        """Where the clause stands on its page."""
        return anchor_of(self.key)

    @property
    def label(self) -> str:
        """How one speaks of it: `10. Term and termination`, `Appendix A: referrals`."""
        if not self.key:
            return "Opening"
        between = ". " if self.is_numbered else ": "
        return f"{self.key}{between}{self.title}" if self.title else self.key

    @property
    def paragraphs(self) -> list[str]:
        return [block.whole for block in self.blocks]


def anchor_of(key: str) -> str:
    """This function will give the anchor of a clause: `clause-10`, `appendix-a`, `opening`."""
    name = "-".join(re.findall(r"[a-z0-9]+", key.lower()))
    return f"clause-{name}" if key.isdecimal() else name or "opening"


def find_clause(clauses: list[Clause], named: str) -> Clause | None:
    """This function will find the clause that a notice names: `6`, `15(a)`, `B` or `Appendix B`; None if there is none.

    A letter alone is an appendix, and what follows a number is a part of the clause.
    """
    number = re.match(r"\d+", named.strip())
    wanted = number[0] if number else named.strip().split(" ")[-1].upper()
    for clause in clauses if wanted else []:
        if clause.key == wanted or (not clause.is_numbered and clause.key.upper().endswith(f" {wanted}")):
            return clause
    return None


def read_clauses(text: str) -> list[Clause]:
    """This function will read a text as its clauses. Nothing is left out, whatever the text looks like.

    A clause begins where a line has the next number, an appendix where a short line names it. After an appendix a
    clause may also leave numbers out, where it has a title: `30. Data protection. Partner keeps`.
    """
    clauses: list[Clause] = []
    key, title, blocks = "", "", list[tuple[Block, int]]()
    for line, indent in _lines(text):
        number = NUMBERED.fullmatch(line) if indent <= TOP_INDENT else None
        appendix = APPENDIX.fullmatch(line) if len(line) <= LONGEST_HEADING and not line.endswith(".") else None
        if number and _is_clause(number, after=_last_number(clauses, key), key=key, blocks=blocks):
            clauses += _kept(key, title, blocks)
            key, blocks = number["number"], []
            title, rest = _split(number["rest"], is_heading=True)
            blocks += [(Block(rest), 0)] if rest else []
        elif appendix:
            clauses += _kept(key, title, blocks)
            key, title, blocks = appendix["key"], appendix["title"].strip(), []
            title = title[:1].upper() + title[1:]
        else:
            blocks.append((_block(line), indent))
    clauses += _kept(key, title, blocks)
    return clauses


def _kept(key: str, title: str, found: list[tuple[Block, int]]) -> list[Clause]:
    """The clause with its blocks, if there is anything; an entry further right than the list's first one is nested."""
    first = next((indent for block, indent in found if block.is_listed), 0)
    blocks = tuple(replace(block, is_nested=block.is_listed and indent > first) for block, indent in found)
    return [Clause(key, title, blocks)] if key or blocks else []


def _is_clause(number: re.Match[str], *, after: int, key: str, blocks: list[tuple[Block, int]]) -> bool:
    """Whether a number begins a clause, and not an entry of a list that an appendix or a clause counts itself."""
    found = int(number["number"])
    if after == 0 or key.isdecimal():
        return found == after + 1
    counted = [block.marker.rstrip(".") for block, _ in blocks if block.marker.rstrip(".").isdecimal()]
    goes_on = found == (int(counted[-1]) if counted else 0) + 1
    title, rest = _split(number["rest"])
    return not goes_on and (found == after + 1 or (found > after and bool(title and rest)))


def _last_number(clauses: list[Clause], key: str) -> int:
    numbers = [int(clause.key) for clause in clauses if clause.is_numbered]
    return int(key) if key.isdecimal() else max(numbers, default=0)


def _lines(text: str) -> Iterator[tuple[str, int]]:
    """Yield paragraphs, each in one line and with its indent: a line that goes on an earlier one is joined to it."""
    joined, indent = "", 0
    for raw in [*text.expandtabs(4).splitlines(), ""]:
        line = " ".join(raw.split())
        begins = bool(NUMBERED.fullmatch(line) or LISTED.fullmatch(line))
        if joined and (not line or begins):
            yield joined, indent
            joined = ""
        if line:
            indent = indent if joined else len(raw) - len(raw.lstrip())
            joined = f"{joined} {line}" if joined else line


def _block(line: str) -> Block:
    listed = LISTED.fullmatch(line)
    if listed is None:
        head, text = _split(line)
        return Block(text, head)
    head, text = _split(listed["rest"], is_heading=listed["rest"].endswith("."))
    marker = "" if listed["marker"] in BULLETS else listed["marker"]
    return Block(text, head, marker, is_listed=True)


def _split(line: str, *, is_heading: bool = False) -> tuple[str, str]:
    """A short title at the beginning of a line, up to its full stop, and the rest; a heading may stand alone."""
    found = RUN_IN.fullmatch(line)
    if found is None:
        is_short = is_heading and _is_title(line) and not line.endswith((".", ":", ";"))
        return (line, "") if is_short else ("", line)
    rest = (found["rest"] or "").strip()
    return (found["title"].strip(), rest) if _is_title(found["title"]) and (rest or is_heading) else ("", line)


def _is_title(words: str) -> bool:
    return len(words) <= LONGEST_TITLE and len(words.split()) <= MOST_TITLE_WORDS
