"""The benchmarks' own embedded servers: apart from the demo's and the tests'. Imported first of all."""

import os
from pathlib import Path

import django

os.environ.setdefault("DATA_DIR", str(Path(__file__).resolve().parent.parent / ".data" / "bench"))
for address in ("DATABASE_URL", "OWNER_DATABASE_URL", "REDIS_URL"):
    os.environ.pop(address, None)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()
