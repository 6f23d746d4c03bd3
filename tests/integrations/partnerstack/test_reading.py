"""The API is read patiently and without trust: limits, faults, broken and lying answers, and ends in the middle."""

import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from clients.models import Client
from integrations.partnerstack.formats import BadPage, read_page
from integrations.partnerstack.models import Import, RawRow, Reading
from integrations.partnerstack.services import keep_rows, read_api
from tests.cast import all_rows
from tests.integrations.partnerstack.standin import (
    Answer,
    PartnerStack,
    customer,
    envelope,
    partnership,
    reward,
    save,
    transaction,
)

pytestmark = pytest.mark.django_db
BAD = "customers"


def imported(*arguments: str) -> str:
    said = StringIO()
    with time_machine.travel("2025-06-15T12:00:00Z", tick=False):
        call_command("import_partnerstack", *arguments, stdout=said)
    return said.getvalue()


def refused(*arguments: str) -> str:
    with pytest.raises(CommandError) as error:
        imported(*arguments)
    assert error.value.returncode == 1
    return str(error.value)


def answers(there: PartnerStack, kind: str, *given: Answer) -> None:
    """The first calls of a kind are answered like this, the others as usual."""
    left = list(given)
    there.answer = lambda number, path: left.pop(0) if left and path.endswith(kind) else None


def test_all_pages_of_all_kinds_are_read_and_rewards_twice(there: PartnerStack) -> None:
    there.rows["partnerships"] = [partnership(f"p{number}") for number in range(7)]
    there.rows["rewards"] = [reward("1", "2025-03-06", 5, status="scheduled"), reward("2", "2025-03-07", 6)]
    there.most = 3
    imported()
    asked = [re.sub(r"^/api/v2/", "", call) for call in there.calls]
    assert asked == [
        "groups?limit=250",
        "partnerships?limit=250",
        "partnerships?limit=250&starting_after=part_p2",
        "partnerships?limit=250&starting_after=part_p5",
        "customers?limit=250",
        "leads?limit=250",
        "deals?limit=250",
        "transactions?limit=250",
        "rewards?limit=250",
        "rewards?limit=250&status=scheduled",
    ]
    assert RawRow.objects.filter(kind="partnerships").count() == 7
    assert RawRow.objects.filter(kind="rewards").count() == 2


def test_a_limit_is_waited_for_as_long_as_it_says(there: PartnerStack, no_waiting: list[float]) -> None:
    answers(there, BAD, (429, {"Retry-After": "7"}, b""), (429, {"Retry-After": "Sun, 15 Jun 2025 12:00:30 GMT"}, b""))
    imported()
    assert no_waiting[0] == 7.0
    assert 0 <= no_waiting[1] <= 30


def test_faults_are_tried_again_with_growing_waits(there: PartnerStack, no_waiting: list[float]) -> None:
    answers(there, BAD, (500, {}, b"oops"), (502, {}, b""), (503, {}, b""))
    imported()
    assert no_waiting == [1.0, 2.0, 4.0]


def test_a_fault_that_stays_ends_it_and_says_how_to_go_on(there: PartnerStack, no_waiting: list[float]) -> None:
    there.answer = lambda number, path: (500, {}, b"") if path.endswith(BAD) else None
    assert refused() == "PartnerStack answered 500, 7 times; start the command again later, it goes on here."
    assert no_waiting == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0]


def test_nobody_there_is_no_traceback(there: PartnerStack, settings: Settings) -> None:
    settings.PARTNERSTACK_BASE = "http://127.0.0.1:9"
    assert "PartnerStack could not be reached" in refused()


def test_an_answer_that_breaks_off_is_tried_again(there: PartnerStack, no_waiting: list[float]) -> None:
    answers(there, BAD, (200, {"Content-Length": "100000"}, envelope([customer()])))
    imported()
    assert no_waiting == [1.0]


def test_wrong_keys_say_which(there: PartnerStack, settings: Settings) -> None:
    settings.PARTNERSTACK_SECRET = "wrong"
    assert refused() == "PartnerStack answered 401: look at PARTNERSTACK_KEY and PARTNERSTACK_SECRET."


def test_keys_are_not_sent_in_the_clear_nor_after_a_redirect(there: PartnerStack, settings: Settings) -> None:
    answers(there, "groups", (302, {"Location": f"{there.url}/elsewhere"}, b""))
    assert "PartnerStack answered 302 where a page was asked for" in refused()
    assert len(there.calls) == 1
    settings.PARTNERSTACK_BASE = "http://api.partnerstack.example"
    assert "it begins with https://" in refused()


BROKEN: list[tuple[bytes, str]] = [
    (b"", "not readable as JSON"),
    (b"<html>Maintenance</html>", "not readable as JSON"),
    (b'{"data": {"has_more": false, "items": [', "not readable as JSON"),
    (b"\xff\xfe{}", "not readable as JSON"),
    (b"[" * 100_000, "not readable as JSON"),
    (b'{"data": {"items": [{"amount": ' + b"9" * 10_000 + b'}], "has_more": false}}', "not readable as JSON"),
    (b'{"data": {"items": [{"amount": NaN}], "has_more": false}}', "not readable as JSON"),
    (b"[]", "no “data”"),
    (b'{"data": []}', "no “data”"),
    (b'{"data": {"has_more": false}}', "no list of objects"),
    (b'{"data": {"has_more": false, "items": {"key": "x"}}}', "no list of objects"),
    (b'{"data": {"has_more": false, "items": ["x"]}}', "no list of objects"),
    (b'{"data": {"items": []}}', "does not say in “has_more”"),
    (b'{"data": {"has_more": "false", "items": []}}', "does not say in “has_more”"),
    (b'{"data": {"has_more": true, "items": []}}', "says that there are more, and has none"),
    (b'{"data": {"has_more": true, "items": [{"name": "no key"}]}}', "its last row has no key"),
]


@pytest.mark.parametrize(("body", "why"), BROKEN, ids=[why + str(place) for place, (_, why) in enumerate(BROKEN)])
def test_a_bad_page_is_refused_with_its_place(there: PartnerStack, body: bytes, why: str) -> None:
    answers(there, BAD, (200, {}, body))
    said = refused()
    assert said.startswith("PartnerStack’s page of customers cannot be taken: ")
    assert why in said
    assert Import.objects.get().finished_at is None


@pytest.mark.parametrize("code", [400, 404])
def test_where_the_row_to_go_on_after_is_gone_it_begins_anew(there: PartnerStack, code: int) -> None:
    there.rows["partnerships"] = [partnership()]
    there.rows["customers"] = [customer(f"c{number}") for number in range(6)]
    there.most = 2
    answers(there, BAD, (200, {}, envelope(there.rows["customers"][:2], has_more=True)), (403, {}, b""))
    refused()
    del there.rows["customers"][1]
    gone: list[Answer] = [(code, {}, b'{"message": "No such key", "status": "400"}')]
    there.answer = lambda number, path: gone.pop() if gone and path.endswith(BAD) else None
    assert "customers: 7 read, 6 new, 6 taken over" in imported()
    there.answer = lambda number, path: (code, {}, b"") if path.endswith(BAD) else None
    assert f"PartnerStack answered {code} where a page was asked for" in refused()


def test_pages_that_lead_in_a_circle_end(there: PartnerStack) -> None:
    circle = envelope([customer("one"), customer("two")], has_more=True)
    there.answer = lambda number, path: (200, {}, circle) if path.endswith(BAD) else None
    assert "page of customers after cus_two cannot be taken: it leads back to cus_two" in refused()
    assert len([call for call in there.calls if BAD in call]) == 2


def test_a_page_without_end_is_cut_off(there: PartnerStack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_api, "MOST_BYTES", 100_000)
    answers(there, BAD, (200, {}, b" " * 200_000))
    assert refused() == "PartnerStack’s page of customers is larger than 100,000 bytes."


def test_enormous_values_are_kept_and_harm_nothing(there: PartnerStack) -> None:
    huge = {"name": "x" * 3_000_000, "meta": {"deep": [[[["\x00\ud800"]]]]}, "email": "a" * 5000 + "@x.example"}
    there.rows["partnerships"] = [partnership()]
    there.rows["customers"] = [customer() | huge]
    imported()
    kept = json.loads(RawRow.objects.get(kind="customers").body)
    assert kept["name"] == huge["name"]
    assert kept["meta"] == huge["meta"]


def test_a_row_without_a_key_is_kept_by_its_content(there: PartnerStack) -> None:
    there.rows["customers"] = [{"key": "cus_1"}, {"key": "z" * 5000}]
    answers(there, BAD, (200, {}, envelope([{"name": "odd"}, {"key": "z" * 5000}, {"key": 7}])))
    imported()
    keys = RawRow.objects.filter(kind="customers").values_list("key", flat=True)
    assert len(keys) == 3
    assert all(key.startswith("without key ") for key in keys)


def test_a_key_that_comes_twice_in_a_page_is_kept_as_both_said(there: PartnerStack) -> None:
    """The last one counts, and reading the same page again keeps nothing twice."""
    first, last = customer(), customer() | {"name": "Acme Inc."}
    there.rows["partnerships"] = [partnership()]
    there.rows["customers"] = [first, first, last]
    for _ in range(2):
        imported()
        kept = RawRow.objects.filter(kind="customers").order_by("version")
        assert [json.loads(row.body)["name"] for row in kept] == ["Acme", "Acme Inc."]
    assert Client.objects.get().name == "Acme Inc."


def test_what_was_interrupted_goes_on_where_it_was(there: PartnerStack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after each page that there is, one after the other, it reads no page again and ends with the same."""
    there.rows["partnerships"] = [partnership(f"p{number}") for number in range(5)]
    there.rows["transactions"] = [transaction(str(number), "2025-03-05", 100, of="none") for number in range(5)]
    there.most = 2
    pages = 0

    def killed(*args: Any, **given: Any) -> Reading:
        nonlocal pages
        keep_rows.keep_rows(*args, **given)
        pages += 1
        raise KeyboardInterrupt

    monkeypatch.setattr("integrations.partnerstack.services.import_rows.keep_rows", killed)
    for _ in range(12):
        with pytest.raises(KeyboardInterrupt):
            imported()
    monkeypatch.undo()
    assert Import.objects.get().finished_at is None
    said = imported()
    assert "transactions: 5 read, 5 new, 0 taken over, 5 listed" in said
    assert len(there.calls) == len(set(there.calls)) == 12  # 3 pages of each of two kinds, and 6 of the others.
    assert Import.objects.get().finished_at is not None


def test_ended_before_it_was_taken_over_it_takes_over(there: PartnerStack, monkeypatch: pytest.MonkeyPatch) -> None:
    there.rows["partnerships"] = [partnership()]

    def killed(**given: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("integrations.partnerstack.services.import_rows.compare", killed)
        with pytest.raises(KeyboardInterrupt):
            imported()
    assert "partnerships: 1 read, 1 new, 1 taken over" in imported()
    assert len(there.calls) == 8


def test_a_bad_file_is_named(tmp_path: Path) -> None:
    save(tmp_path, {"customers": [customer()]})
    (tmp_path / "leads.json").write_bytes(b"{")
    assert "leads.json cannot be taken: it is not readable as JSON" in refused("--from", str(tmp_path))
    (tmp_path / "leads.json").rename(tmp_path / "notes.json")
    before = all_rows()
    assert "notes.json: its name begins with none of groups, partnerships" in refused("--from", str(tmp_path))
    assert all_rows() == before


def test_folders_name_their_files_kind(tmp_path: Path) -> None:
    (tmp_path / "Customers").mkdir()
    (tmp_path / "rewards_scheduled.json").write_bytes(envelope([reward("1", "2025-03-06", 5, status="scheduled")]))
    (tmp_path / "Customers" / "page-1.json").write_bytes(envelope([customer()]))
    said = imported("--from", str(tmp_path))
    assert "customers: 1 read" in said
    assert "rewards: 1 read, 1 new, 1 taken over" in said


def test_a_page_says_what_it_holds() -> None:
    assert read_page(envelope([{"key": "a"}], has_more=True)).has_more is True
    with pytest.raises(BadPage):
        read_page(b"null")
