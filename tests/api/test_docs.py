"""`docs/api.md` tells programs what is there: its tables are held against the program."""

import re
from http import HTTPStatus

import pytest
from django.conf import settings

from accounts.models import Scope
from affiliates.api.schema import REFUSALS
from config.api_urls import router
from notices.models import Event, EventKind
from notices.models.event import COMPANYS_ALONE
from notices.models.webhook import DELAYS
from tests.pages.everything import everything

TEXT = (settings.BASE_DIR / "docs" / "api.md").read_text()


def rows(heading: str) -> list[list[str]]:
    """The rows of the first table after a heading, as their cells."""
    after = TEXT.partition(f"\n{heading}\n")[2]
    found = re.search(r"(?:^\|.*\n)+", after, re.MULTILINE)
    assert found is not None, heading
    return [[cell.strip() for cell in line.strip("|\n").split(" | ")] for line in found[0].splitlines()[2:]]


def code(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_scope_and_every_address_is_there() -> None:
    assert [code(first)[0] for first, *_ in rows("## Keys")] == list(Scope.values)
    told = {address.split("/")[0] for first, *_ in rows("## What there is") for address in code(first)}
    assert told == {prefix for prefix, *_ in router.registry}


def test_every_refusal_is_there() -> None:
    told = {status for first, *_ in rows("## Errors") for status in re.findall(r"\d{3}", first)}
    assert told == {*REFUSALS, str(HTTPStatus.METHOD_NOT_ALLOWED.value)}


def test_every_kind_of_event_is_there_once() -> None:
    told = [(kind, "¹" in first) for first, *_ in rows("### Kinds") for kind in code(first)]
    assert sorted(told) == sorted((kind.value, kind in COMPANYS_ALONE) for kind in EventKind)


@pytest.mark.django_db
def test_events_say_what_is_told_of_them() -> None:
    everything()
    told = {kind: (code(row[1])[0], set(code(row[2]))) for row in rows("### Kinds") for kind in code(row[0])}
    kinds = set()
    for event in Event.objects.all():
        subject, names = told[event.kind]
        assert event.subject.startswith(f"{subject} "), event
        assert set(event.data) <= names, event
        kinds.add(event.kind)
    assert len(kinds) >= 10


def test_the_delays_are_the_real_ones() -> None:
    seconds = [5, 5 * 60, 30 * 60, *(hours * 3600 for hours in (2, 5, 10, 14, 20, 24))]
    assert [delay.total_seconds() for delay in DELAYS] == seconds
    assert "5 seconds, 5 and 30 minutes, 2, 5, 10, 14, 20 and 24 hours" in TEXT
