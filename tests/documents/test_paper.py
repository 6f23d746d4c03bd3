"""Documents are printed by what is large: it is there for whoever prints, and nobody else waits for it."""

import subprocess
import sys

from tests.worker import ROOT, environment

START = "import django; django.setup(); import config.urls"
WORK = "from config.celery import app; app.loader.import_default_modules()"


def is_loaded_by(code: str) -> str:
    """Whether a process of its own has it after some code."""
    program = f"{code}; import sys; print('weasyprint' in sys.modules)"
    given = environment() | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, check=True)
    return done.stdout


def test_the_web_and_commands_start_without_it() -> None:
    assert is_loaded_by(START) == "False\n"


def test_a_worker_loads_it_before_it_divides() -> None:
    assert is_loaded_by(WORK) == "True\n"
