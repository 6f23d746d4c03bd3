from pathlib import Path

import pytest

from tests.journeys.browser import collect_files


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The static files as production has them, collected once."""
    folder = tmp_path_factory.mktemp("shipped")
    collect_files(folder)
    return folder
