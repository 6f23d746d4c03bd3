from pathlib import Path

import pytest
from pytest_django.fixtures import Settings


@pytest.fixture(autouse=True)
def no_collected_files(settings: Settings, tmp_path: Path) -> None:
    """WhiteNoise warns where its folder is missing, and nothing is collected for tests."""
    settings.STATIC_ROOT = tmp_path
