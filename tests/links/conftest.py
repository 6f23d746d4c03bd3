from datetime import datetime

import pytest
from django.core.cache import cache
from django.utils import timezone

from tests.cast import AT


@pytest.fixture(autouse=True)
def no_counts_of_before() -> None:
    """Rate limits begin anew with each test."""
    cache.clear()


@pytest.fixture(autouse=True)
def the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Views read the tests' own day."""

    def now() -> datetime:
        return AT

    monkeypatch.setattr(timezone, "now", now)
