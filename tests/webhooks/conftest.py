from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from tests.webhooks.receiver import Receiver, listening


@pytest.fixture
def to_this_machine(settings: Settings) -> None:
    """Receivers of tests listen on this machine."""
    settings.WEBHOOKS_TO_LOOPBACK = True


@pytest.fixture
def receiver(to_this_machine: None) -> Iterator[Receiver]:
    with listening() as found:
        yield found
