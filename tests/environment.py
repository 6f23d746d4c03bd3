"""Where the tests keep their servers' data: apart from the demo's. Loaded before the settings are."""

import os
from pathlib import Path

os.environ.setdefault("DATA_DIR", str(Path(__file__).resolve().parent.parent / ".data" / "test"))
