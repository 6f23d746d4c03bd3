from collections.abc import Iterator
from functools import partial

import pytest
from pytest_django.fixtures import Settings

from integrations.partnerstack.services.read_api import Api
from tests.integrations.partnerstack.standin import KEY, SECRET, PartnerStack, partnerstack


@pytest.fixture
def there(settings: Settings) -> Iterator[PartnerStack]:
    """PartnerStack, which the settings lead to."""
    with partnerstack() as there:
        settings.PARTNERSTACK_BASE, settings.PARTNERSTACK_KEY, settings.PARTNERSTACK_SECRET = there.url, KEY, SECRET
        yield there


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What was waited, without waiting."""
    waited: list[float] = []
    command = "integrations.partnerstack.management.commands.import_partnerstack"
    monkeypatch.setattr(f"{command}.Api", partial(Api, wait=waited.append))
    return waited
