"""Files that visitors send: PDF, PNG and JPEG by what they hold, whatever they are called.

A file is stored under a name of our own and served as an attachment that no browser runs anything of.
"""

import hashlib
import re
import secrets
import unicodedata
from collections.abc import Sequence
from enum import Enum
from io import BytesIO
from pathlib import PurePosixPath
from typing import IO, Any, Protocol
from urllib.parse import quote

import puremagic
from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.http import FileResponse, Http404
from PIL import Image

UPLOADS = "uploads"  # The `upload_to` of the models that keep uploads.
MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 50_000_000  # A scan of a page at 600 dpi has 35 million.
MOST_SIDE = 30_000
LONGEST_NAME = 100
PDF_END_WITHIN = 4096
UNSAFE_IN_ASCII = re.compile(r"[^A-Za-z0-9 ._()+-]")


class Kind(Enum):
    """What an upload may be: its extension, its content type and how every such file begins."""

    PDF = ("pdf", "application/pdf", b"%PDF-")
    PNG = ("png", "image/png", b"\x89PNG\r\n\x1a\n")
    JPEG = ("jpg", "image/jpeg", b"\xff\xd8\xff")

    def __init__(self, extension: str, content_type: str, signature: bytes) -> None:
        self.extension = extension
        self.content_type = content_type
        self.signature = signature

    @classmethod
    def of(cls, beginning: bytes) -> "Kind | None":
        """The kind that a file is of by its first bytes."""
        return next((kind for kind in cls if beginning.startswith(kind.signature)), None)


class Upload(SimpleUploadedFile):
    """A file that was looked at: `name` is random and goes into the storage, `sent_as` is what the visitor
    called it, made safe to print, with the extension of what it holds.
    """

    def __init__(self, content: bytes, kind: Kind, sent_as: str) -> None:
        super().__init__(f"{secrets.token_hex(16)}.{kind.extension}", content, kind.content_type)
        self.kind = kind
        self.sent_as = tidy_name(sent_as, kind)
        self.sha256 = hashlib.sha256(content).hexdigest()

    @property
    def stored_name(self) -> str:
        """Where it goes in the default storage, for who saves it without a model's field."""
        return f"{UPLOADS}/{self.name}"


class UploadField(forms.FileField):
    """A file input whose cleaned value is an `Upload`; a model's FileField takes it as it is."""

    widget = forms.FileInput
    default_error_messages = {
        "required": "Choose a file.",
        "invalid": "No file arrived. Choose it again.",
        "missing": "No file arrived. Choose it again.",
        "empty": "The file is empty. Choose the one that you meant.",
        "too_large": "The file is larger than 10 MB. Send a smaller one.",
        "wrong_kind": "This is not a %(kinds)s file, whatever its name says. Send one that is.",
        "broken": "The file is damaged or cut off. Save it anew and send that.",
        "too_many_pixels": "The picture has too many pixels. Send one of at most 50 megapixels.",
    }

    def __init__(self, *, kinds: Sequence[Kind] = tuple(Kind), **options: Any) -> None:
        self.kinds = tuple(kinds)
        options.setdefault("help_text", f"{self.kind_names}, at most 10 MB.")
        super().__init__(**options)

    @property
    def kind_names(self) -> str:
        """The kinds that are taken, in words."""
        *others, last = (kind.name for kind in self.kinds)
        return f"{', '.join(others)} or {last}" if others else last

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "accept": ",".join(kind.content_type for kind in self.kinds)}

    def to_python(self, data: UploadedFile | None) -> Upload | None:  # type: ignore[override]
        """This function will look into the file.

        :raises ValidationError: it is too large, of another kind, damaged, or unpacks to too much
        """
        sent = super().to_python(data)
        if sent is None:
            return None
        if (sent.size or 0) > MOST_BYTES:
            raise self._refuse("too_large")
        content = sent.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise self._refuse("too_large")
        if not content:
            raise self._refuse("empty")
        kind = Kind.of(content)
        if kind not in self.kinds or not _is_recognised(content, kind):
            raise self._refuse("wrong_kind", kinds=self.kind_names)
        reason = _wrong_with_pdf(content) if kind is Kind.PDF else _wrong_with_picture(content, kind)
        if reason:
            raise self._refuse(reason)
        return Upload(content, kind, sent.name or "")

    def _refuse(self, code: str, **words: str) -> ValidationError:
        return ValidationError(self.error_messages[code], code=code, params=words)


class ManyFiles(forms.FileInput):
    """An input that takes several files at once."""

    allow_multiple_selected = True


class UploadsField(UploadField):
    """Several uploads, each looked at like a single one; the cleaned value is a list of at most `most`."""

    widget = ManyFiles

    def __init__(self, *, most: int, **options: Any) -> None:
        self.most = most
        super().__init__(**options)

    def clean(self, data: Any, initial: Any = None) -> Any:
        """:raises ValidationError: one of them is refused, or there are too many"""
        sent: Sequence[Any] = data if isinstance(data, list | tuple) else [data] if data else []
        if len(sent) > self.most:
            raise ValidationError(f"At most {self.most} files can be sent at once.")
        files: list[Upload] = [super(UploadsField, self).clean(each, initial) for each in sent]
        return files


class Stored(Protocol):
    """A file in a storage, as a model's field gives it."""

    def open(self, mode: str = ...) -> Any: ...


def serve_upload(file: Stored, name: str) -> FileResponse:
    """This function will answer with a stored file, to be saved and not shown, under a name that is safe to print.

    Whoever calls it has seen to it that the file may be seen.

    :raises Http404: the file is not in the storage, or is none that was taken
    """
    try:
        opened: IO[bytes] = file.open("rb")
    except (FileNotFoundError, ValueError) as error:  # ValueError: the row has no file.
        raise Http404("Its file is missing.") from error
    kind = Kind.of(opened.read(max(len(each.signature) for each in Kind)))
    opened.seek(0)
    if kind is None:
        opened.close()
        raise Http404("It is not a file of a kind that is served.")
    answer = FileResponse(opened, content_type=kind.content_type)
    answer["Content-Disposition"] = _disposition(tidy_name(name, kind))
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer["Cache-Control"] = "private, no-store"
    return answer


def tidy_name(name: str, kind: Kind) -> str:
    """A visitor's name of a file without folders and without what cannot be printed, with its kind's extension."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    printable = "".join(sign for sign in last if sign.isprintable()).strip(" .")
    stem = PurePosixPath(printable).stem.strip(" .")[:LONGEST_NAME] if printable else ""
    return f"{stem or 'file'}.{kind.extension}"


def _disposition(name: str) -> str:
    """An attachment under this name: in ASCII for old programs, and in full (RFC 6266, RFC 5987)."""
    plain = UNSAFE_IN_ASCII.sub("_", unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode())
    plain = plain if plain.rpartition(".")[0].strip(" ._") else f"file{PurePosixPath(name).suffix}"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _is_recognised(content: bytes, kind: Kind | None) -> bool:
    """Whether the library that knows thousands of formats sees the kind as well."""
    try:
        found = puremagic.magic_string(content)
    except (puremagic.PureError, ValueError):
        return False
    return kind is not None and any(each.mime_type == kind.content_type for each in found)


def _wrong_with_pdf(content: bytes) -> str:
    return "" if b"%%EOF" in content[-PDF_END_WITHIN:] else "broken"


def _wrong_with_picture(content: bytes, kind: Kind) -> str:
    """Why a picture is refused: its size is read before anything of it is unpacked."""
    try:
        with Image.open(BytesIO(content), formats=[kind.name]) as picture:
            width, height = picture.size
            if width * height > MOST_PIXELS or max(width, height) > MOST_SIDE:
                return "too_many_pixels"
            picture.verify()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return "too_many_pixels"
    except Exception:  # noqa: BLE001 - whatever a hostile picture makes the decoder raise, it is refused.
        return "broken"
    return ""
