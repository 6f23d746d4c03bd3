import pytest
from pytest_django.fixtures import Settings

from tests.integrations.introductions.writing import HOST, US


@pytest.fixture(autouse=True)
def an_address(settings: Settings) -> None:
    settings.INTRODUCTIONS_ADDRESS = US
    settings.INTRODUCTIONS_TRUSTED_AUTHSERV = [HOST]
    settings.INTRODUCTIONS_OWN_DOMAINS = []
    settings.INTRODUCTIONS_IMAP_URL = ""
    settings.ANYMAIL = {}
