"""Whom a forwarded or quoted message was from and to, as far as mail programs write it into the text."""

import re
from collections.abc import Iterator

from integrations.introductions.letter import Address, Letter, address_of

# The names that mail programs give the headers they write: English, German, French, Spanish, Dutch, Italian,
# Portuguese, Japanese.
FROM = {"from", "von", "de", "van", "da", "mittente", "差出人"}
TO = {"to", "an", "à", "a", "para", "pour", "aan", "cc", "kopie", "宛先"}
BESIDE = {
    "sent", "date", "subject", "gesendet", "datum", "betreff", "envoyé", "objet", "sujet", "enviado", "fecha", "asunto",
    "verzonden", "onderwerp", "inviato", "oggetto", "data", "assunto", "送信日時", "日付", "件名",
}  # fmt: skip
HEADER = re.compile(r"\*{0,2}([^\W\d_]{1,12})\*{0,2}\s?[:：]\s?\*{0,2}\s*(.*)")
LINKED = re.compile(r"([^\s<>]{3,254})<mailto:\1>", re.IGNORECASE)  # An address with itself as its link.
SURNAME_FIRST = re.compile(r"([^\s\"<>,;:\[\]@]{1,50}), ([^\"<>,;:\[\]@]{1,50}?)\s+([<\[][^<>\[\]]{3,264}[>\]])\s*")
NAMED = re.compile(
    r"(?:\"([^\"<>]{1,100})\"|([^\s\"<>,;:\[\]][^\"<>,;:\[\]]{0,99}?))?\s*[<\[](?:mailto:)?([^\s<>\[\]]{3,254})[>\]]"
)
BARE = re.compile(r"[^\s@<>()\[\],;:\"]{1,64}@[\w.-]{3,253}\w")
WROTE = re.compile(r"(?:wrote|schrieb|a écrit|escribió|schreef|ha scritto|escreveu)\s*:?\s*$", re.IGNORECASE)
WROTE_FIRST = re.compile(r"\b(?:schrieb|schreef)\s(.{3,400}):\s*$", re.IGNORECASE)  # The name follows the verb.
BEGINS = re.compile(r"^(?:fwd?|wg|tr|rv|enc|doorst|i|転送)\s?[:：]", re.IGNORECASE)
LINES = 2000
LONGEST = 1000
BLOCK = 8  # A block of headers is over after so many lines.
BEFORE = 3  # Thunderbird puts subject and date before the sender.
MOST = 5


def people_forwarded(letter: Letter) -> list[Address]:
    """Everybody whom forwarded and quoted headers name, each once, as they come."""
    found: dict[str, Address] = {}
    for carried in letter.forwarded:
        for address in (*carried.senders, *carried.to, *carried.cc):
            found.setdefault(address.email, address)
    lines = [line.lstrip("> \t")[:LONGEST] for line in letter.text.split("\n")[:LINES]]
    for address in (*_of_blocks(lines), *_of_quotes(lines)):
        found.setdefault(address.email, address)
    return list(found.values())


def is_forward(letter: Letter) -> bool:
    """Whether a message says that it forwards another."""
    return bool(letter.forwarded) or bool(BEGINS.match(letter.subject))


def _of_blocks(lines: list[str]) -> Iterator[Address]:
    blocks = 0
    for place, line in enumerate(lines):
        name, value = _header(line)
        if name not in FROM or ("@" not in value and "@" not in "".join(lines[place + 1 : place + 2])):
            continue
        block = [_header(each) for each in lines[place : place + BLOCK]]
        before = [_header(each) for each in lines[max(0, place - BEFORE) : place]]
        if not {name for name, _ in (*before, *block)} & (BESIDE | TO - {"a", "an"}):
            continue
        for name, value in block:
            if name in FROM | TO:
                yield from addresses_in(value)
        blocks += 1
        if blocks == MOST:
            return


def _of_quotes(lines: list[str]) -> Iterator[Address]:
    """Of lines like "On Monday Dana Fox <dana@acme.example> wrote:", which may be broken in two."""
    for place, line in enumerate(lines):
        before = lines[place - 1] if place else ""
        if WROTE.search(line):
            # Where it is broken before the address, or in its brackets, the name stands on the line before.
            is_broken = "@" not in line or line.startswith("<") or before.rstrip().endswith("<")
            yield from _writer(f"{before} {line}" if is_broken else line)
        elif line.rstrip().endswith(":") and not before.rstrip().endswith(":"):
            whole = line if WROTE_FIRST.search(line) else f"{before} {line}"
            if found := WROTE_FIRST.search(whole):
                yield from _writer(found.group(1))


def _writer(line: str) -> list[Address]:
    whole = re.sub(r"([<\[])\s+", r"\1", line)
    return list(addresses_in(re.sub(r"^.{0,120}?\d\d?[:.]\d\d(?:\s?[AP]M)?,?\s", "", whole)))[:1]


def _header(line: str) -> tuple[str, str]:
    found = HEADER.match(line)
    return (found.group(1).lower(), found.group(2)) if found else ("", "")


def addresses_in(text: str) -> Iterator[Address]:
    """The addresses that a line names, with the names beside them."""
    rest = LINKED.sub(r"\1", text[:LONGEST])
    if turned := SURNAME_FIRST.fullmatch(rest):  # "Fox, Dana <dana@acme.example>", as Outlook has it.
        rest = f"{turned.group(2)} {turned.group(1)} {turned.group(3)}"
    for found in NAMED.finditer(rest):
        name = (found.group(1) or found.group(2) or "").strip("'\"*( ")
        if BARE.fullmatch(found.group(3)) and (address := address_of(name, found.group(3))):
            yield address
    for bare in BARE.findall(NAMED.sub(" ", rest)):
        if address := address_of("", bare):
            yield address
