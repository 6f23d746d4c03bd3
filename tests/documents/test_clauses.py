"""The text of an Agreement read as clauses, and two of them set beside each other."""

import re
from pathlib import Path

import pytest

from affiliates.documents.changes import Change, ClauseChange, Mark, compare
from affiliates.documents.clauses import Clause, find_clause, read_clauses

DEMO = Path(__file__).resolve().parents[2] / "portal" / "demo" / "agreement.txt"
INDENTED = """Terms V2

  7. Explicit Carve-outs.
    1. No Exclusivity.  This grants nothing.
    2. No white label.  The name stays.
  8. Nothing here.The space is missing.
  9. No-Poaching
    a. During the term
goes on in the next line.

Appendix B – Commission Calculation

  • Cash Received. Subject to:
    • Successful close
"""


def changes(before: str, after: str) -> list[ClauseChange]:
    return compare(read_clauses(before), read_clauses(after))


def marked(change: ClauseChange) -> str:
    """The change in one line: `Paid after [-two-][+one+] month.`"""
    signs = {Mark.KEPT: "{}", Mark.ADDED: "[+{}+]", Mark.REMOVED: "[-{}-]"}
    return " | ".join("".join(signs[piece.mark].format(piece.text) for piece in one) for one in change.paragraphs)


class TestReading:
    def test_a_clause_has_its_number_title_and_text(self) -> None:
        [opening, first, second] = read_clauses("Between us.\n\n1. Purpose. Partner refers.\n\n2. Fees. A share.")
        assert (opening.key, opening.label, opening.paragraphs) == ("", "Opening", ["Between us."])
        assert (first.label, first.paragraphs, first.anchor) == ("1. Purpose", ["Partner refers."], "clause-1")
        assert second.label == "2. Fees"

    def test_a_number_that_does_not_follow_belongs_to_the_text(self) -> None:
        [only] = read_clauses("1. Term. It runs for\n\n30. June is its last day.")
        assert only.paragraphs == ["It runs for", "30. June is its last day."]

    def test_a_clause_after_an_appendix_may_leave_numbers_out(self) -> None:
        text = (
            "1. Purpose. Refer.\n\nAppendix B – Pay\n\n• A share.\n\n30. Data. Keep it safe.\n\n31. Notices. By mail."
        )
        assert [clause.label for clause in read_clauses(text)] == [
            "1. Purpose",
            "Appendix B: Pay",
            "30. Data",
            "31. Notices",
        ]

    def test_what_an_appendix_counts_itself_belongs_to_it(self) -> None:
        steps = "\n\n".join(f"{number}. Step. Do it." for number in range(1, 5))
        text = f"1. Purpose. Refer.\n\n2. Fees. A share.\n\nAppendix A\n\n{steps}\n\n60. days later it is over."
        [*_, appendix] = read_clauses(text)
        assert (appendix.key, len(appendix.blocks)) == ("Appendix A", 5)

    def test_lists_and_appendices_of_an_indented_text(self) -> None:
        text = re.sub(r"(?m)^  (\d)\.", lambda found: f"  {int(found[1]) - 6}.", INDENTED)
        opening, carve, nothing, poaching, appendix = read_clauses(text)
        assert opening.paragraphs == ["Terms V2"]
        assert (carve.label, [block.head for block in carve.blocks]) == (
            "1. Explicit Carve-outs",
            ["No Exclusivity", "No white label"],
        )
        assert (nothing.title, nothing.paragraphs) == ("Nothing here", ["The space is missing."])
        assert (poaching.title, poaching.paragraphs) == (
            "No-Poaching",
            ["a. During the term goes on in the next line."],
        )
        assert (appendix.label, appendix.anchor) == ("Appendix B: Commission Calculation", "appendix-b")
        assert [block.is_nested for block in appendix.blocks] == [False, True]

    def test_no_word_of_a_text_is_lost(self) -> None:
        text = DEMO.read_text(encoding="utf-8")
        read = read_clauses(text)
        said = " ".join(f"{one.label if one.key else ''} {' '.join(one.paragraphs)}" for one in read)
        words = re.findall(r"\w+", text.casefold())
        assert re.findall(r"\w+", said.casefold()) == words
        assert [one.key for one in read][:3] == ["", "1", "2"]
        assert [one.key for one in read][-2:] == ["Appendix A", "Appendix B"]

    @pytest.mark.parametrize("text", ["", "\n\n", "No clause at all", "1.", "1. ", "• ", "Appendix", "a\r\nb\r\n\r\nc"])
    def test_any_text_can_be_read(self, text: str) -> None:
        said = " ".join(part for one in read_clauses(text) for part in (one.key, one.title, *one.paragraphs))
        assert re.findall(r"\w+", said) == re.findall(r"\w+", text)

    @pytest.mark.parametrize(
        ("named", "found"),
        [("6", "6"), ("6(a)", "6"), ("B", "Appendix B"), ("Appendix b", "Appendix B"), ("9", None), ("", None)],
    )
    def test_a_notice_names_a_clause(self, named: str, found: str | None) -> None:
        clauses = [Clause("", "", ()), Clause("6", "Reputation", ()), Clause("Appendix B", "", ())]
        clause = find_clause(clauses, named)
        assert (clause.key if clause else None) == found


class TestComparing:
    def test_words_that_came_and_went(self) -> None:
        [fees] = changes("1. Fees. Paid after two months, if at all.", "1. Fees. Paid after one month, if at all.")
        assert fees.change is Change.CHANGED
        assert marked(fees) == "Paid after [-two months -][+one month+], if at all."

    def test_a_clause_in_the_middle_that_is_new(self) -> None:
        found = changes(
            "1. A. Alpha text.\n\n2. C. Gamma text.", "1. A. Alpha text.\n\n2. B. Be kind.\n\n3. C. Gamma text."
        )
        assert [(one.change, one.label, one.was) for one in found] == [
            (Change.SAME, "1. A", ""),
            (Change.ADDED, "2. B", ""),
            (Change.CHANGED, "3. C", "2. C"),
        ]
        assert marked(found[2]) == "Gamma text."

    def test_a_clause_that_went_stands_where_it_stood(self) -> None:
        found = changes("1. A. Alpha.\n\n2. B. Beta.\n\n3. C. Gamma.", "1. A. Alpha.\n\n2. C. Gamma.")
        assert [(one.change, one.label) for one in found][1] == (Change.REMOVED, "2. B")

    def test_a_renamed_clause_is_the_same_clause(self) -> None:
        [found] = changes("1. Old name. The same words stay here.", "1. New name. The same words stay here.")
        assert (found.change, found.was) == (Change.CHANGED, "1. Old name")

    def test_a_text_with_little_in_common_is_shown_whole(self) -> None:
        [found] = changes("1. A. Alpha beta gamma delta.", "1. A. One two three four five.")
        assert marked(found) == "[-Alpha beta gamma delta. -][+One two three four five.+]"

    def test_paragraphs_stay_apart(self) -> None:
        [found] = changes("1. A. One two three.\n\nFour five six.", "1. A. One two three.\n\nFour five seven six.")
        assert marked(found) == "One two three. | Four five [+seven +]six."

    def test_the_same_text_changes_nothing(self) -> None:
        text = DEMO.read_text(encoding="utf-8")
        assert {one.change for one in changes(text, text)} == {Change.SAME}

    def test_what_is_kept_and_added_is_the_later_text(self) -> None:
        before, after = (DEMO.read_text(encoding="utf-8").replace("{waiting}", word) for word in ("a month", "years"))
        for new, change in zip(read_clauses(after), changes(before, after), strict=True):
            said = "".join(p.text for one in change.paragraphs for p in one if p.mark is not Mark.REMOVED)
            assert re.findall(r"\w+", said) == re.findall(r"\w+", " ".join(new.paragraphs))
