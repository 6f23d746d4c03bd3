"""The PDF statement: what it says, that anyone can read it, and that names from outside do nothing in it."""

import csv
import io
import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from pypdf.generic import DictionaryObject
from weasyprint.urls import URLFetcher

from affiliates.models.partner import KEY_LENGTH
from payouts.documents.render_statement import StatementDoesNotAddUp, render_statement
from payouts.documents.statement_data import CommissionLine, StatementData, TierMonth
from tests.documents.builders import PERIOD, balanced, empty_statement, example_statement, negative_carry

ROOT = Path(__file__).resolve().parents[2]
PRINT_TOMORROW = (
    "import time_machine, datetime as d;"
    "time_machine.travel(d.datetime.now() + d.timedelta({days}), tick=False).start();"
    "import sys, hashlib; from tests.documents.builders import example_statement;"
    "from payouts.documents.render_statement import render_statement;"
    "sys.stdout.write(hashlib.sha256(render_statement(example_statement(320))).hexdigest())"
)
BASE = Decimal("100.00")
RATE = Decimal("0.20")
ZERO = Decimal("0.00")
HOSTILE = (
    '<img src="file:///etc/passwd">',
    "</th><style>@import url(http://127.0.0.1:9/x.css);body{display:none}</style>",
    "{{ 7|add:7 }}{% include 'x' %}",
    '"><script>alert(1)</script>',
    "url(file:///etc/passwd)",
    "</title><link rel=attachment href=file:///etc/passwd>",
)


FORMULAS = ("=1+1", "+1", "-2+3", "@SUM(A1)", "\t=1+1", "\u202e=1+1", "%x", "|cmd")
UNSEEN = "Evil\n\u202egpj\uffff.exe\x00\ufffe"
LONG_OR_FOREIGN = ("W" * 400, "word " * 80, "شركة الاتصالات الحديثة", "חברת תקשורת", "Ünïçødé Ж Ω")


@pytest.fixture(autouse=True)
def _no_warnings_from_weasyprint(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    logger = logging.getLogger("weasyprint")
    logger.addHandler(caplog.handler)
    yield
    logger.removeHandler(caplog.handler)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


def read(pdf: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(pdf))


def text_of(pdf: bytes) -> str:
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in read(pdf).pages))


def line(client: str, amount: str, *, key: str = "C1") -> CommissionLine:
    return CommissionLine(client, key, PERIOD, BASE, RATE, ZERO, Decimal(amount))


def with_lines(*lines: CommissionLine) -> StatementData:
    return balanced(replace(empty_statement(), lines=lines))


def catalog(pdf: bytes) -> Any:
    """Return the root of the PDF, whose parts pypdf has no types for."""
    return read(pdf).root_object


def elements(node: object) -> Iterator[Any]:
    """Yield every element of a structure tree."""
    if isinstance(node, DictionaryObject) and "/S" in node:
        yield node
    kids = node.get("/K") if isinstance(node, DictionaryObject) else None
    for kid in kids if isinstance(kids, list) else [kids]:
        found = kid.get_object() if kid is not None else None
        if isinstance(found, DictionaryObject):
            yield from elements(found)


def tags(pdf: bytes) -> list[Any]:
    root = catalog(pdf)["/StructTreeRoot"]
    return [element for kid in root["/K"] for element in elements(kid.get_object())]


def attached_rows(pdf: bytes) -> list[dict[str, str]]:
    [(_, [content])] = read(pdf).attachments.items()
    return list(csv.DictReader(io.StringIO(content.decode())))


class TestWhatItSays:
    def test_both_parties_and_what_tells_it_from_other_statements(self) -> None:
        text = text_of(render_statement(example_statement(1)))
        for said in ("Aloware, Inc.", "Encino, CA 91436", "Northwind Systems LLC", "Seattle, WA 98109",
                     "2026-03-P0042", "31 March 2026", "3 April 2026", "Page 1 of"):  # fmt: skip
            assert said in text

    def test_the_summary_adds_up_in_sight(self) -> None:
        text = text_of(render_statement(example_statement(40)))
        assert "Opening balance 1,204.10" in text
        assert "Commissions, March 2026 1,450.20" in text
        assert "Corrections of earlier months 13.84" in text
        assert "Adjustments 25.00" in text
        assert "Payouts −1,204.10" in text
        assert "Closing balance 1,489.04" in text  # 1,204.10 + 1,450.20 + 13.84 + 25.00 − 1,204.10

    def test_forty_lines_take_two_pages_that_carry_the_number(self) -> None:
        pages = read(render_statement(example_statement(40))).pages
        assert len(pages) == 2
        assert all("Statement 2026-03-P0042" in page.extract_text() for page in pages)

    def test_the_longest_name_and_key_stay_whole_and_the_footer_in_its_line(self) -> None:
        key, name = "k" * KEY_LENGTH, "Donaudampfschiff" * 12
        data = example_statement(12)
        partner = replace(data.partner, name=name)
        pages = read(render_statement(replace(data, number=f"2026-03-{key}", partner_key=key, partner=partner))).pages
        said = pages[0].extract_text()
        unbroken = re.sub(r"\s", "", said)
        assert name in unbroken
        assert f"Partner:{key}Period:" in unbroken
        assert f"Statement 2026-03-{key} · March 2026 · Page 1 of {len(pages)}" in said.splitlines()

    def test_a_client_has_its_mrr_and_commission_under_the_month_and_rate(self) -> None:
        text = text_of(render_statement(example_statement(40)))
        assert "Client MRR, Mar 2026 Commission at 30 %" in text
        assert "Alder Home Services LLC 69.00 20.70" in text

    def test_a_correction_says_what_was_posted_before(self) -> None:
        text = text_of(render_statement(example_statement(40)))
        assert "Blue Harbor Insurance Group Feb 2026: 52.73 × 20 % 14.55 −4.00" in text

    def test_a_waiting_client_has_its_date(self) -> None:
        assert "Mar 2026: 149.00 × 20 % 2 Apr 2026 29.80" in text_of(render_statement(example_statement(1)))

    def test_excluded_money_names_its_clause(self) -> None:
        text = text_of(render_statement(example_statement(1)))
        assert "Phone numbers and usage, 23 invoices (Appendix B, Subscription only) 1,418.75" in text

    @pytest.mark.parametrize(
        ("mrr", "rate", "threshold", "following", "said"),
        [
            ("5000.00", "0.30", "5000.00", None, "5,000.00 is at least 5,000.00, so 30 % applies to all"),
            ("5210.00", "0.30", "5000.00", None, "5,210.00 × 30 % = 1,563.00."),
            ("4999.99", "0.20", "0.00", "5000.00", "4,999.99 is below 5,000.00, so 20 % applies to all"),
            ("4710.00", "0.20", "0.00", "5000.00", "It is 290.00 short of 5,000.00, from where 30 %"),
        ],
    )
    def test_the_rate_is_explained(self, mrr: str, rate: str, threshold: str, following: str | None, said: str) -> None:
        tier = TierMonth(
            PERIOD, Decimal(mrr), Decimal(rate), Decimal(threshold),
            Decimal("0.30") if following else None, Decimal(following) if following else None,
        )  # fmt: skip
        assert said in text_of(render_statement(replace(empty_statement(), tiers=(tier,))))

    def test_an_empty_month_carries_its_debt_and_says_so(self) -> None:
        text = text_of(render_statement(negative_carry()))
        assert "Opening balance −184.20" in text
        assert "Closing balance −184.20" in text
        assert "the negative balance is carried forward" in text

    def test_the_policies_are_marked(self) -> None:
        text = text_of(render_statement(empty_statement()))
        assert "* marks the program’s policy where it is silent" in text

    def test_a_statement_that_does_not_add_up_is_refused(self) -> None:
        data = example_statement(3)
        with pytest.raises(StatementDoesNotAddUp, match=r"off by 0\.01"):
            render_statement(replace(data, closing=data.closing + Decimal("0.01")))


class TestManyLines:
    def test_299_lines_stand_on_the_pages(self) -> None:
        pdf = render_statement(example_statement(299))
        assert not read(pdf).attachments
        assert "Commissions for March 2026" in text_of(pdf)

    def test_300_lines_are_summed_by_client_and_attached(self) -> None:
        data = example_statement(300, clients=100)
        pdf = render_statement(data)
        text = text_of(pdf)
        assert "This statement has 300 lines, so its pages sum them up by client." in text
        assert "100 clients" in text
        rows = attached_rows(pdf)
        posted = [row for row in rows if row["state"] != "waiting"]
        assert len(posted) == 300
        entered = sum(entry.amount for entry in (*data.lines, *data.corrections))
        assert sum(Decimal(row["amount"]) for row in posted) == entered
        assert len(rows) - len(posted) == len(data.waiting)

    def test_the_attachment_says_what_it_is(self) -> None:
        [file] = catalog(render_statement(example_statement(300)))["/AF"]
        entry = file.get_object()
        assert entry["/UF"] == "statement-2026-03-P0042-lines.csv"
        assert entry["/AFRelationship"] == "/Data"
        assert entry["/Desc"] == "All 315 lines of statement 2026-03-P0042, as CSV"

    def test_of_thousands_of_clients_the_largest_hundred_are_shown(self) -> None:
        data = example_statement(2000, clients=1000)
        pdf = render_statement(data)
        assert "900 other clients" in text_of(pdf)
        assert len({row["client"] for row in attached_rows(pdf) if row["state"] == "commission"}) == 1000

    def test_no_name_is_a_formula_to_a_spreadsheet(self) -> None:
        lines = tuple(line(name, "20.00", key=name) for name in FORMULAS * 40)
        for row in attached_rows(render_statement(with_lines(*lines))):
            assert row["client"].startswith("'")
            assert row["client_name"].startswith("'")


class TestSameBytes:
    def test_twice_in_one_process(self) -> None:
        first = render_statement(example_statement(320))
        render_statement(negative_carry())
        assert render_statement(example_statement(320)) == first

    @pytest.mark.parametrize("seed", ["1", "2"])
    def test_in_another_process_at_another_time_with_another_hash_seed(self, seed: str) -> None:
        code = PRINT_TOMORROW.format(days=seed)
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": "Asia/Tokyo", "PYTHONPATH": str(ROOT)}
        other = subprocess.run(
            [sys.executable, "-c", code],
            env=environment,
            capture_output=True,
            check=True,
            text=True,
            cwd=ROOT,
        )
        assert other.stdout == sha256(render_statement(example_statement(320))).hexdigest()

    def test_no_date_of_printing(self) -> None:
        pdf = render_statement(example_statement(3))
        assert "/CreationDate" not in (read(pdf).metadata or {})
        assert f"D:{datetime.now(UTC):%Y%m%d}".encode() not in pdf


class TestAnyoneCanReadIt:
    def test_it_is_tagged_and_says_its_title_and_language(self) -> None:
        root = catalog(render_statement(example_statement(40)))
        assert root["/MarkInfo"]["/Marked"]
        assert root["/ViewerPreferences"]["/DisplayDocTitle"]
        assert root["/Lang"] == "en-US"
        metadata = root["/Metadata"].get_data().decode()
        assert 'part="1"' in metadata
        assert "Commission statement 2026-03-P0042, March 2026, Northwind Systems LLC" in metadata

    def test_headings_tables_and_their_headers(self) -> None:
        kinds = [str(element["/S"]) for element in tags(render_statement(example_statement(40)))]
        assert kinds.count("/H1") == 1
        assert {"/H2", "/P", "/Table", "/THead", "/TBody", "/TR", "/TH", "/TD"} <= set(kinds)
        # 36 clients, 4 corrections, 2 waiting, 2 excluded, 2 movements, 2 totals, 7 of the summary
        assert kinds.count("/TH") >= 55

    def test_each_cell_names_its_headers(self) -> None:
        cells = [tag for tag in tags(render_statement(example_statement(3))) if tag["/S"] == "/TD"]
        assert cells
        assert all(len(cell["/A"]["/Headers"]) >= 2 for cell in cells)

    def test_the_chart_is_said_in_words(self) -> None:
        [figure] = [tag for tag in tags(render_statement(example_statement(1))) if tag["/S"] == "/Figure"]
        assert "April 2025 " in str(figure["/Alt"])
        assert "March 2026 13.80." in str(figure["/Alt"])


class TestNamesFromOutside:
    @pytest.mark.parametrize("name", HOSTILE)
    def test_markup_is_text(self, name: str) -> None:
        data = with_lines(line(name, "20.00"))
        data = replace(data, partner=replace(data.partner, name=name, address=(name,)), payout_note=name)
        pdf = render_statement(data)
        bare = re.sub(r"\s", "", text_of(pdf))
        assert bare.count(re.sub(r"\s", "", name)) >= 4
        assert "root:" not in bare
        assert not read(pdf).attachments
        assert all("/Annots" not in page for page in read(pdf).pages)

    def test_nothing_is_fetched(self, monkeypatch: pytest.MonkeyPatch) -> None:
        render_statement(empty_statement())  # the fonts come from data: addresses, once a process
        monkeypatch.setattr(URLFetcher, "fetch", lambda *_: pytest.fail("fetched"))
        render_statement(with_lines(*(line(name, "20.00", key=name) for name in HOSTILE)))

    def test_an_accent_that_is_no_colour_is_not_css(self) -> None:
        hostile = replace(empty_statement(), accent="red}body{display:none")
        assert render_statement(hostile) == render_statement(empty_statement())

    @pytest.mark.parametrize("name", LONG_OR_FOREIGN)
    def test_any_name_stays_on_the_page_beside_its_amount(self, name: str) -> None:
        page = read(render_statement(with_lines(line(name, "4321.09")))).pages[0]
        right = float(page.mediabox.width)
        seen: list[float] = []

        def note(text: str, page_matrix: list[float], text_matrix: list[float], *_: object) -> None:
            if text.strip():
                seen.append(text_matrix[4] * page_matrix[0] + page_matrix[4])

        page.extract_text(visitor_text=note)
        assert seen
        assert all(0 < x < right for x in seen)
        assert "4,321.09" in page.extract_text()

    def test_marks_that_turn_a_line_around_and_line_breaks_are_gone(self) -> None:
        assert "Evil gpj.exe" in text_of(render_statement(with_lines(line(UNSEEN, "20.00"))))
