"""Where the tests keep their servers' data: apart from the demo's. Loaded before the settings are."""

import os
import sys
from pathlib import Path

os.environ.setdefault("DATA_DIR", str(Path(__file__).resolve().parent.parent / ".data" / "test"))
# Where a machine says otherwise, each of the many processes would compile all of the code anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
