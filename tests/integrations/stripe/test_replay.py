"""Working stored events once more changes nothing."""

import io

import pytest
from django.core.management import CommandError, call_command

from tests.cast import all_rows
from tests.integrations.stripe.telling import facts, referred, tell
from tests.integrations.stripe.test_any_order import story

pytestmark = pytest.mark.django_db


def replayed(*arguments: str) -> str:
    out = io.StringIO()
    call_command("stripe_replay", *arguments, stdout=out)
    return out.getvalue()


def test_a_replay_changes_no_row() -> None:
    referred("cus_a", "cus_b")
    tell(*story())
    assert facts()["payments"]
    before = all_rows()
    said = replayed()
    assert f"{len(story())} events worked again, 0 that cannot be read" in said
    assert "Nothing changed" in said
    assert all_rows() == before


def test_a_replay_records_what_was_not_worked_yet() -> None:
    tell(*story())
    assert facts()["payments"] == []
    referred("cus_a", "cus_b")
    assert "payments: 6 new" in replayed("--since", "2026-05-31")
    assert "0 events" in replayed("--since", "2026-06-02")


def test_a_day_that_is_none_is_wrong_usage() -> None:
    with pytest.raises(CommandError, match="2026-13-01"):
        replayed("--since", "2026-13-01")
