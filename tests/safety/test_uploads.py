"""Files that visitors send are known by what they hold, and are given back so that no browser runs them."""

import re
import struct
import zlib
from collections.abc import Callable
from contextlib import closing
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote
from zipfile import ZipFile

import pytest
from django import forms
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.http import FileResponse, Http404
from django.utils.datastructures import MultiValueDict
from PIL import Image

from parts.uploads import MOST_BYTES, Kind, Upload, UploadField, serve_upload, tidy_name

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\nstartxref\n0\n%%EOF\n"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><html><body><script>alert(1)</script></body></html>"


class UploadForm(forms.Form):
    file = UploadField()


class PdfForm(forms.Form):
    file = UploadField(kinds=[Kind.PDF])


def picture(format: str, size: tuple[int, int] = (8, 8)) -> bytes:
    written = BytesIO()
    Image.new("RGB", size, "navy").save(written, format)
    return written.getvalue()


def zipped() -> bytes:
    written = BytesIO()
    with ZipFile(written, "w") as file:
        file.writestr("page.html", HTML)
    return written.getvalue()


def png_of_size(width: int, height: int) -> bytes:
    """A small file that would unpack to so many pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return Kind.PNG.signature + header + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")


def sent(*files: UploadedFile) -> MultiValueDict[str, UploadedFile]:
    """What a request brought."""
    return MultiValueDict({"file": list(files)})


def send(content: bytes, name: str = "invoice.pdf", form: type[forms.Form] = UploadForm) -> forms.Form:
    return form(files=sent(SimpleUploadedFile(name, content, "application/pdf")))


def taken(content: bytes, name: str = "invoice.pdf") -> Upload:
    form = send(content, name)
    assert form.is_valid(), form.errors
    upload = form.cleaned_data["file"]
    assert isinstance(upload, Upload)
    return upload


def refusal(content: bytes, name: str = "invoice.pdf", form: type[forms.Form] = UploadForm) -> str:
    (error,) = send(content, name, form).errors["file"]
    return str(error)


def stored(upload: Upload) -> str:
    return default_storage.save(upload.stored_name, upload)


class StoredFile:
    def __init__(self, name: str) -> None:
        self.name = name

    def open(self, mode: str = "rb") -> object:
        return default_storage.open(self.name, mode)


def served(content: bytes, name: str) -> FileResponse:
    return serve_upload(StoredFile(stored(taken(content))), name)


def name_in(answer: FileResponse) -> str:
    """What a browser of today calls the file."""
    (found,) = re.findall(r"filename\*=UTF-8''(\S+)$", answer["Content-Disposition"])
    return unquote(found)


@pytest.mark.parametrize(
    ("content", "kind"),
    [(PDF, Kind.PDF), (picture("PNG"), Kind.PNG), (picture("JPEG"), Kind.JPEG)],
    ids=["pdf", "png", "jpeg"],
)
@pytest.mark.parametrize("name", ["scan", "scan.pdf", "scan.exe", "scan.html"])
def test_a_file_is_what_it_holds_whatever_its_name(content: bytes, kind: Kind, name: str) -> None:
    upload = taken(content, name)
    assert upload.kind is kind
    assert upload.sent_as == f"scan.{kind.extension}"
    assert upload.read() == content


@pytest.mark.parametrize("name", ["invoice.pdf", "picture.png", "photo.jpg"])
@pytest.mark.parametrize(
    "content",
    [
        SVG,
        HTML,
        zipped(),
        b"GIF89a" + bytes(20),
        b"MZ" + bytes(60),
        b" " + PDF,
        HTML + PDF,
        b"GIF89a/*" + PDF,
        b"\xff\xd8",
        b"%PDF",
        b"\x00" * 64,
        b"RIFF\x10\x00\x00\x00WEBPVP8 " + bytes(20),
    ],
    ids=[
        "svg", "html", "zip", "gif", "program", "space first", "html then pdf", "gif then pdf", "jpeg cut", "pdf cut",
        "zeros", "webp",
    ],
)  # fmt: skip
def test_another_kind_of_file_is_refused_under_any_name(content: bytes, name: str) -> None:
    assert refusal(content, name) == "This is not a PDF, PNG or JPEG file, whatever its name says. Send one that is."


@pytest.mark.parametrize(
    "content",
    [
        PDF[:40],
        b"%PDF-1.7\n" + HTML,
        picture("PNG")[:-20],
        Kind.PNG.signature + HTML,
        picture("PNG").replace(b"IDAT", b"IDAX"),
        Kind.JPEG.signature + b"\xe0" + HTML,
    ],
    ids=["pdf cut off", "html as pdf", "png cut off", "html as png", "png damaged", "html as jpeg"],
)
def test_a_damaged_file_is_refused(content: bytes) -> None:
    assert refusal(content) == "The file is damaged or cut off. Save it anew and send that."


@pytest.mark.parametrize("size", [(50_000, 50_000), (8_000, 8_000), (40_000, 100), (2**31 - 1, 2**31 - 1)])
def test_a_picture_that_unpacks_to_too_much_is_refused(size: tuple[int, int]) -> None:
    assert refusal(png_of_size(*size)) == "The picture has too many pixels. Send one of at most 50 megapixels."


def test_a_jpeg_that_claims_a_huge_size_is_refused() -> None:
    jpeg = picture("JPEG")
    frame = jpeg.index(b"\xff\xc0") + 5
    huge = jpeg[:frame] + struct.pack(">HH", 60_000, 60_000) + jpeg[frame + 4 :]
    assert refusal(huge) == "The picture has too many pixels. Send one of at most 50 megapixels."


def test_ten_megabytes_are_taken_and_a_byte_more_is_not() -> None:
    exactly = PDF.replace(b"trailer", b"%" + b"x" * (MOST_BYTES - len(PDF) - 2) + b"\ntrailer")
    assert len(exactly) == MOST_BYTES
    assert taken(exactly).kind is Kind.PDF
    assert refusal(exactly + b"\n") == "The file is larger than 10 MB. Send a smaller one."


def test_a_file_that_lies_about_its_size_is_measured() -> None:
    file = SimpleUploadedFile("invoice.pdf", PDF + bytes(MOST_BYTES))
    file.size = 10
    form = UploadForm(files=sent(file))
    assert form.errors["file"] == ["The file is larger than 10 MB. Send a smaller one."]


def test_no_file_and_an_empty_file_are_told_apart() -> None:
    assert UploadForm(files=sent()).errors["file"] == ["Choose a file."]
    assert refusal(b"") == "The file is empty. Choose the one that you meant."


def test_a_field_for_pdf_takes_no_picture() -> None:
    assert refusal(picture("PNG"), form=PdfForm) == "This is not a PDF file, whatever its name says. Send one that is."
    assert 'accept="application/pdf"' in PdfForm().as_p()


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "..\\..\\boot.ini", "a\x00.html", "/etc/cron.d/x", "x\r\nSet-Cookie: a=b", "‮fdp.exe"]
)
def test_the_stored_name_is_random_and_nothing_of_the_visitors(name: str) -> None:
    upload, again = taken(PDF, name), taken(PDF, name)
    assert upload.stored_name != again.stored_name
    path = Path(default_storage.path(stored(upload)))
    assert path.parent == Path(default_storage.path("uploads"))
    assert len(path.stem) == 32
    assert set(path.stem) <= set("0123456789abcdef")
    assert path.suffix == ".pdf"


@pytest.mark.parametrize(
    ("name", "tidy"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("..\\..\\boot.ini", "boot.pdf"),
        ("a\x00b.html", "ab.pdf"),
        ("x\r\nSet-Cookie: a=b", "xSet-Cookie: a=b.pdf"),
        ("", "file.pdf"),
        ("...", "file.pdf"),
        (".htaccess", "htaccess.pdf"),
        ("\u202efdp.exe", "fdp.pdf"),
        ("n" * 500 + ".pdf", "n" * 100 + ".pdf"),
    ],
)
def test_a_name_to_show_has_no_folders_and_nothing_unprintable(name: str, tidy: str) -> None:
    assert tidy_name(name, Kind.PDF) == tidy


@pytest.mark.parametrize("kind", list(Kind))
def test_a_served_file_cannot_run_anything(kind: Kind) -> None:
    content = {Kind.PDF: PDF, Kind.PNG: picture("PNG"), Kind.JPEG: picture("JPEG")}[kind]
    with closing(served(content, "scan.html")) as answer:
        assert answer["Content-Type"] == kind.content_type
        assert answer["Content-Disposition"].startswith(f'attachment; filename="scan.{kind.extension}"')
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert answer["Cache-Control"] == "private, no-store"
        assert answer.getvalue() == content


@pytest.mark.parametrize(
    "name", ['a"; filename="evil.html', "a\r\nX-Evil: yes", "a;b=c", "a\\b", "%0d%0aX-Evil: yes", "a\x00.html"]
)
def test_a_name_cannot_write_into_the_headers(name: str) -> None:
    with closing(served(PDF, name)) as answer:
        assert "X-Evil" not in answer.headers
    header = answer["Content-Disposition"]
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2
    assert header.count(";") == 2
    assert name_in(answer).endswith(".pdf")


@pytest.mark.parametrize(
    ("name", "shown", "plain"),
    [
        ("Rechnung Müller.pdf", "Rechnung Müller.pdf", "Rechnung Muller.pdf"),
        ("请求书.pdf", "请求书.pdf", "file.pdf"),
        ("فاتورة.pdf", "فاتورة.pdf", "file.pdf"),
    ],
)
def test_a_name_in_any_script_arrives_whole(name: str, shown: str, plain: str) -> None:
    with closing(served(PDF, name)) as answer:
        assert name_in(answer) == shown
    assert f'filename="{plain}"' in answer["Content-Disposition"]


def _removed() -> StoredFile:
    return StoredFile("uploads/gone.pdf")


def _changed_on_disk() -> StoredFile:
    name = stored(taken(PDF))
    Path(default_storage.path(name)).write_bytes(HTML)
    return StoredFile(name)


@pytest.mark.parametrize("make", [_removed, _changed_on_disk])
def test_what_is_missing_or_is_no_upload_is_not_served(make: Callable[[], StoredFile]) -> None:
    with pytest.raises(Http404):
        serve_upload(make(), "invoice.pdf")
