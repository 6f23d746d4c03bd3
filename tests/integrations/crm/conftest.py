from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from integrations.crm.models import CrmKind
from tests.integrations.crm.desk import KINDS, Desk, make
from tests.integrations.crm.standin import running


@pytest.fixture(params=KINDS)
def desk(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Desk]:
    """Each of the three CRMs, running on this machine, not yet connected."""
    yield from _desk(CrmKind(request.param), settings)


@pytest.fixture
def hubspot(settings: Settings) -> Iterator[Desk]:
    yield from _desk(CrmKind.HUBSPOT, settings)


@pytest.fixture
def pipedrive(settings: Settings) -> Iterator[Desk]:
    yield from _desk(CrmKind.PIPEDRIVE, settings)


@pytest.fixture
def zoho(settings: Settings) -> Iterator[Desk]:
    yield from _desk(CrmKind.ZOHO, settings)


def _desk(kind: CrmKind, settings: Settings) -> Iterator[Desk]:
    with running(make(kind)) as crm:
        settings.CRM_HOSTS = dict.fromkeys(("hubspot", "pipedrive", "zoho", "zoho_accounts"), crm.url)
        yield Desk(kind, crm)
