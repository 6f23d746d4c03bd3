import fcntl
from pathlib import Path

import pytest

from tests.journeys.browser import collect_files


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The static files as production has them, collected once for all test processes."""
    own = tmp_path_factory.getbasetemp()
    shared = own if worker_id == "master" else own.parent
    folder = shared / "shipped"
    with (shared / "shipped.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            collect_files(shared / "unfinished")
            (shared / "unfinished").rename(folder)
    return folder
