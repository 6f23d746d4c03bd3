"""How long ago something was is written in one way everywhere."""

from datetime import UTC, datetime, timedelta

import pytest

from parts.formats import ago, how_long

AT = datetime(2027, 3, 17, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("passed", "said"),
    [
        (timedelta(seconds=-5), "just now"),  # Another machine's clock.
        (timedelta(seconds=59), "just now"),
        (timedelta(seconds=60), "1 minute ago"),
        (timedelta(minutes=119, seconds=59), "119 minutes ago"),
        (timedelta(minutes=120), "2 hours ago"),
        (timedelta(hours=47, minutes=59), "47 hours ago"),
        (timedelta(hours=48), "2 days ago"),
        (timedelta(days=1500), "1,500 days ago"),
    ],
)
def test_how_long_ago_something_was(passed: timedelta, said: str) -> None:
    assert ago(AT - passed, AT) == said


def test_what_has_just_begun_lasts_a_minute() -> None:
    assert how_long(AT, AT) == "1 minute"
    assert how_long(AT - timedelta(minutes=90), AT) == "90 minutes"
