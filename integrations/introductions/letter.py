"""A message taken apart within bounds. It knows nothing of Django, so that `apart.py` can run it by itself.

The parser is mail-parser's, which reads with the standard library's older rules: those of the newer ones raise on
headers that exist in the wild. Whatever it is given, this ends in a `Letter` or a `CannotRead`.
"""

import dataclasses
import json
import re
import resource
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.errors import MessageError
from email.message import Message
from html.parser import HTMLParser
from typing import Any

import mailparser
from mailparser.utils import decode_header_part, get_addresses

SECONDS = 10  # Of the processor, for one message.
MEMORY = 1 << 30
MOST_HEADER_BYTES = 256 * 1024
MOST_HEADERS = 1000
LONGEST_HEADER = 32 * 1024
MOST_PARTS = 200
DEEPEST = 20
MOST_ADDRESSES = 200
MOST_TEXT = 100_000
MOST_FORWARDED = 3
MOST_HTML = 1_000_000
MOST_VERDICTS = 20
LONGEST_LINE = 998  # Of a header, as RFC 5322 has it.
# Headers that say by what kind of sender a message was sent.
MARKS = (
    "auto-submitted", "precedence", "x-autoreply", "x-autorespond", "x-auto-response-suppress", "list-id", "list-post",
    "list-unsubscribe", "list-help", "list-archive", "list-owner", "list-subscribe", "mailing-list", "x-mailing-list",
    "x-failed-recipients", "return-path", "x-loop", "delivered-to", "content-type",
)  # fmt: skip
EMAIL = re.compile(r"[^\s@<>()\[\]\\,;:\"]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?")
MESSAGE_ID = re.compile(r"<[^\s<>]{1,250}>")
NOT_SHOWN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029\ufeff\ufffe\uffff]")


class CannotRead(Exception):
    """The message is none, or goes beyond what is read; the sentence says which."""


@dataclass(frozen=True, slots=True)
class Address:
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Attachment:
    number: int
    name: str
    kind: str
    size: int


@dataclass(slots=True)
class Letter:
    """What a message says. `verdicts` are its Authentication-Results, topmost first; `kinds` its parts' types.

    `forwarded` are messages that it carries as attachments. `text` is what a person reads, made of the HTML where
    there is nothing else.
    """

    senders: list[Address] = field(default_factory=list)
    to: list[Address] = field(default_factory=list)
    cc: list[Address] = field(default_factory=list)
    subject: str = ""
    message_id: str = ""
    answers: list[str] = field(default_factory=list)
    date: str = ""
    text: str = ""
    is_from_html: bool = False
    attachments: list[Attachment] = field(default_factory=list)
    forwarded: list["Letter"] = field(default_factory=list)
    marks: dict[str, str] = field(default_factory=dict)
    verdicts: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, kept: dict[str, Any]) -> "Letter":
        """As it was written to JSON."""
        told = dict(kept)
        for name in ("senders", "to", "cc"):
            told[name] = [Address(**each) for each in told[name]]
        told["attachments"] = [Attachment(**each) for each in told["attachments"]]
        told["forwarded"] = [cls.of(each) for each in told["forwarded"]]
        return cls(**told)

    def kept(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def read(raw: bytes) -> Letter:
    """This function will take a message apart.

    :raises CannotRead: it is no message, or one beyond the bounds
    """
    _check_bounds(raw)
    try:
        message = mailparser.parse_from_bytes(raw).message
        return _letter(message, depth=0)
    except CannotRead:
        raise
    except Exception as error:
        raise CannotRead(f"It is malformed ({type(error).__name__})") from error


def attached(raw: bytes, number: int) -> bytes:
    """This function will give what an attachment holds.

    :raises CannotRead: there is no such attachment
    """
    _check_bounds(raw)
    message = mailparser.parse_from_bytes(raw).message
    for place, part in enumerate(_parts(message)):
        if place == number:
            content = part.get_payload(decode=True)
            if isinstance(content, bytes):
                return content
            inner = part.get_payload()
            carried = inner[0] if isinstance(inner, list) and inner else None
            return carried.as_bytes() if isinstance(carried, Message) else b""
    raise CannotRead("There is no such attachment")


def _check_bounds(raw: bytes) -> None:
    head = re.split(rb"\r?\n\r?\n", raw[: MOST_HEADER_BYTES + 4], maxsplit=1)[0]
    if len(head) > MOST_HEADER_BYTES:
        raise CannotRead(f"Its headers are longer than {MOST_HEADER_BYTES // 1024} kB")
    lines = head.splitlines()
    if not any(re.match(rb"[!-9;-~]+:", line) for line in lines[:5]):
        raise CannotRead("It has no headers, so it is no message")
    if sum(1 for line in lines if line[:1] not in b" \t") > MOST_HEADERS:
        raise CannotRead(f"It has more than {MOST_HEADERS:,} headers")
    if any(len(each) > LONGEST_HEADER for each in re.split(rb"\r?\n(?![ \t])", head)):
        raise CannotRead(f"One of its headers is longer than {LONGEST_HEADER // 1024} kB")
    if raw.lower().count(b"boundary") > MOST_PARTS:
        raise CannotRead(f"It has more than {MOST_PARTS} parts")


def _parts(message: Message, depth: int = 0) -> Iterator[Message]:
    """The parts that hold something, in their order; a message that is carried along is one part."""
    if depth > DEEPEST:
        raise CannotRead(f"Its parts lie in each other more than {DEEPEST} deep")
    payload = message.get_payload()
    if message.get_content_maintype() == "multipart" and isinstance(payload, list):
        for part in payload:
            if isinstance(part, Message):
                yield from _parts(part, depth + 1)
    else:
        yield message


def _letter(message: Message, depth: int) -> Letter:
    letter = Letter(
        senders=_addresses(message, "from"),
        to=_addresses(message, "to"),
        cc=_addresses(message, "cc"),
        subject=_line(_first(message, "subject")),
        date=_line(_first(message, "date"))[:100],
        marks={name: _line(_raw(message, name))[:LONGEST_LINE] for name in MARKS if message.get(name) is not None},
        verdicts=[str(value)[:LONGEST_HEADER] for value in message.get_all("authentication-results", [])],
    )
    letter.verdicts = [_clean(value) for value in letter.verdicts[:MOST_VERDICTS]]
    found = MESSAGE_ID.search(_raw(message, "message-id"))
    letter.message_id = _clean(found.group()) if found else ""
    for name in ("in-reply-to", "references"):
        letter.answers += [_clean(each) for each in MESSAGE_ID.findall(_raw(message, name))[:50]]
    _take_parts(letter, message, depth)
    return letter


def _take_parts(letter: Letter, message: Message, depth: int) -> None:
    plain: list[str] = []
    html: list[str] = []
    for number, part in enumerate(_parts(message)):
        if number >= MOST_PARTS:
            raise CannotRead(f"It has more than {MOST_PARTS} parts")
        kind = _clean(part.get_content_type())[:100]
        letter.kinds.append(kind)
        is_attached = part.get_content_disposition() == "attachment" or bool(part.get_filename())
        if kind == "message/rfc822":
            inner = part.get_payload()
            carried = inner[0] if isinstance(inner, list) and inner else None
            if depth == 0 and isinstance(carried, Message) and len(letter.forwarded) < MOST_FORWARDED:
                letter.forwarded.append(_letter(carried, depth + 1))
            letter.attachments.append(Attachment(number, _name(part) or "Message.eml", kind, _size(carried)))
        elif kind == "text/calendar" and not is_attached:
            letter.marks["calendar"] = "it is one"
        elif kind == "text/plain" and not is_attached:
            plain.append(_text(part))
        elif kind == "text/html" and not is_attached:
            html.append(_text(part))
        else:
            content = part.get_payload(decode=True)
            size = len(content) if isinstance(content, bytes) else 0
            letter.attachments.append(Attachment(number, _name(part) or f"Part {number + 1}", kind, size))
    letter.text = "\n\n".join(filter(str.strip, plain))
    if not letter.text and html:
        letter.text, letter.is_from_html = "\n\n".join(as_text(each[:MOST_HTML]) for each in html), True
    letter.text = letter.text[:MOST_TEXT].strip()


def _size(carried: object) -> int:
    try:
        return len(carried.as_bytes()) if isinstance(carried, Message) else 0
    except (ValueError, LookupError, TypeError, AttributeError, MessageError):  # It cannot be written as it was.
        return 0


def _addresses(message: Message, name: str) -> list[Address]:
    found: dict[str, Address] = {}
    for value in message.get_all(name, []):
        for said, email in get_addresses(str(value), decode_names=True):
            address = address_of(said, email)
            if address is not None and len(found) < MOST_ADDRESSES:
                found.setdefault(address.email, address)
    return list(found.values())


def address_of(name: str, email: str) -> Address | None:
    """An address as it is compared and kept; None for what is none."""
    local, _, domain = email.strip().rpartition("@")
    try:
        plain = f"{local}@{domain.rstrip('.').encode('idna').decode('ascii')}".lower()
    except UnicodeError:
        return None
    if len(plain) > 254 or not EMAIL.fullmatch(plain) or not plain.isprintable():
        return None
    return Address(_line(name).strip("'\" ")[:200], plain)


def _first(message: Message, name: str) -> str:
    return str(decode_header_part(_raw(message, name)))


def _raw(message: Message, name: str) -> str:
    return str(message.get(name, ""))[:LONGEST_HEADER]


def _name(part: Message) -> str:
    return _line(str(decode_header_part(part.get_filename() or "")))[:200]


def _line(text: str) -> str:
    return " ".join(_clean(text).split())[:LONGEST_LINE]


def _clean(text: str) -> str:
    """What a database keeps and a page shows: no control characters, no halves of characters."""
    return NOT_SHOWN.sub("", text.encode("utf-8", "replace").decode("utf-8"))


def _text(part: Message) -> str:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    content = content[: 4 * MOST_HTML]
    try:
        text = content.decode(part.get_content_charset("utf-8"), "replace")
    except (LookupError, ValueError):
        text = content.decode("utf-8", "replace")
    return _clean(text.replace("\r\n", "\n").replace("\r", "\n"))


# -- HTML as text --

BREAKS = {"p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "blockquote", "hr", "table", "pre"}
UNCLOSED = re.compile(r"<(?=[^<>]*(?:<|\Z))")
SILENT = {"script", "style", "head", "title", "template", "noscript"}


class _AsText(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.silent = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag == "body" and self.silent == "head":  # Its end may be left out.
            self.silent = ""
        if tag in SILENT and not self.silent:
            self.silent = tag
        if tag in BREAKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == self.silent:
            self.silent = ""
        if tag in BREAKS - {"br"}:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.pieces.append(re.sub(r"\s+", " ", data))


def as_text(html: str) -> str:
    """HTML as the text that it shows; nothing of it is fetched or run."""
    parser = _AsText()
    # The parser raises on a section that HTML does not have, and looks for a tag's end again and again.
    parser.feed(UNCLOSED.sub("&lt;", _without_remarks(html).replace("<![", "<!")))
    parser.close()
    lines = (line.strip() for line in "".join(parser.pieces).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _without_remarks(html: str) -> str:
    """HTML without its comments; one that never ends is text."""
    kept, place = [], 0
    while (begin := html.find("<!--", place)) >= 0 and (end := html.find("-->", begin + 4)) >= 0:
        kept.append(html[place:begin])
        place = end + 3
    return "".join((*kept, html[place:]))


# -- By itself --


def main() -> int:
    """Read a message from standard input, and write what it says, or with a number what that attachment holds."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    raw = sys.stdin.buffer.read()
    try:
        if len(sys.argv) > 1:
            sys.stdout.buffer.write(attached(raw, int(sys.argv[1])))
        else:
            sys.stdout.write(json.dumps({"letter": read(raw).kept()}))
    except CannotRead as refused:
        if len(sys.argv) > 1:
            return 1
        sys.stdout.write(json.dumps({"refused": str(refused)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
