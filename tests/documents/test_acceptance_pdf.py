"""The PDF of an acceptance: who, when, from where, for whom, and the exact text, in the same bytes each time."""

import re
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
import time_machine
from pypdf import PdfReader

from affiliates.documents.acceptance import file_name, render_acceptance
from affiliates.models import Acceptance
from affiliates.services.accept_agreement import accept_agreement, publish_version
from tests.cast import AT, owner_of, program, the_partner
from tests.documents.test_statement_pdf import HOSTILE, UNSEEN, catalog, read, tags, text_of

pytestmark = pytest.mark.django_db
ACCENT = "#0f5c8c"
DEMO = Path(__file__).resolve().parents[2] / "portal" / "demo" / "agreement.txt"
TEXT = DEMO.read_text(encoding="utf-8")


def accepted(text: str = TEXT, *, name: str = "Ada Lovelace", number: str = "2.0", title: str = "Terms") -> Acceptance:
    program()
    version = publish_version(number=number, title=title, text=text, by=None, at=AT - timedelta(days=1))
    return accept_agreement(
        partner=the_partner("ada"), version=version, name=name, by=owner_of("ada"), at=AT, address="192.0.2.10"
    )


def attached(pdf: bytes) -> bytes:
    reader: PdfReader = read(pdf)
    [(_, [content])] = reader.attachments.items()
    return bytes(content)


def test_it_says_who_when_from_where_for_whom_and_what() -> None:
    acceptance = accepted()
    text = text_of(render_acceptance(acceptance, accent=ACCENT))
    for said in (
        "Acceptance of the Agreement",
        "Ada Partners (ada)",
        "Ada Lovelace",
        "owner.of.ada@people.example",
        "1 January 2027, 12:00:00 UTC",
        "192.0.2.10",
        "Terms, version 2.0, published on 31 December 2026",
        "date of execution (clause 10)",
    ):
        assert said in text
    assert acceptance.version.sha256 in text.replace(" ", "")


def test_it_holds_the_whole_text() -> None:
    pdf = render_acceptance(accepted(), accent=ACCENT)
    said = re.sub(r"[\W_]", "", text_of(pdf)).casefold()
    for paragraph in TEXT.split("\n\n"):
        for sentence in re.split(r"(?<=[.;:])\s", paragraph):
            in_one = re.sub(r"[\W_]", "", sentence).casefold()
            # A page's foot may stand in the middle of a sentence; its two halves are looked for then.
            assert in_one in said or all(part in said for part in (in_one[:12], in_one[-12:]))


@pytest.mark.parametrize("text", [TEXT, "1. A. B.\r\n\r\n2. C. D.", "No clause, “quoted” Ж"])
def test_the_attached_text_has_the_fingerprint_that_it_names(text: str) -> None:
    acceptance = accepted(text)
    content = attached(render_acceptance(acceptance, accent=ACCENT))
    assert content == text.encode()
    assert sha256(content).hexdigest() == acceptance.version.sha256


def test_the_same_acceptance_gives_the_same_bytes() -> None:
    acceptance = accepted()
    first = render_acceptance(acceptance, accent=ACCENT)
    partner, user = the_partner("ada"), owner_of("ada")
    partner.name, user.email = "Another Name Ltd", "another@people.example"
    partner.save()
    user.save()
    with time_machine.travel(AT + timedelta(days=400)):
        again = Acceptance.objects.select_related("partner", "version").get(pk=acceptance.pk)
        assert render_acceptance(again, accent=ACCENT) == first
    assert "/CreationDate" not in (read(first).metadata or {})


def test_it_is_tagged_and_has_its_title() -> None:
    pdf = render_acceptance(accepted(), accent=ACCENT)
    kinds = [str(element["/S"]) for element in tags(pdf)]
    assert (kinds.count("/H1"), kinds.count("/H2"), kinds.count("/H3")) == (1, 1, 17)
    assert kinds.count("/TH") == 7
    assert "Acceptance of version 2.0 for Ada Partners" in catalog(pdf)["/Metadata"].get_data().decode()


@pytest.mark.parametrize("hostile", [*HOSTILE, UNSEEN])
def test_what_comes_from_outside_is_text(hostile: str) -> None:
    words = hostile.replace("\x00", "")
    acceptance = accepted(f"1. Purpose. {words}\n\n• {words}", name=words, title=words[:190])
    pdf = render_acceptance(acceptance, accent="red}body{display:none")
    assert "root:" not in text_of(pdf)
    assert all("/Annots" not in page for page in read(pdf).pages)
    assert list(read(pdf).attachments) == ["agreement-2.0.txt"]


def test_its_file_name_is_safe() -> None:
    acceptance = accepted(number='2/0";\r\nx')
    assert file_name(acceptance) == "acceptance-2-0-x-ada.pdf"
