"""Runs one step in a process of its own, so that its peak of memory is the step's alone."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Measured:
    """What a step took: seconds of its timed part, peak of the process in MB, and how many rows it was about."""

    seconds: float
    megabytes: float
    rows: int


class StepFailed(Exception):
    """A step ended in an error, which stands above."""


def start(step: str, database: str = "", **arguments: Any) -> "subprocess.Popen[str]":
    """This function will start a step of `steps.py` in another process."""
    command = [sys.executable, "-m", "benchmarks.steps", step, database, json.dumps(arguments, default=str)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=os.environ.copy())


def outcome(process: "subprocess.Popen[str]") -> Measured:
    """This function will wait for a step and give what it measured.

    :raises StepFailed: it ended in an error
    """
    output, _ = process.communicate()
    if process.returncode:
        raise StepFailed(str(process.args))
    return Measured(**json.loads(output.splitlines()[-1]))


def measure(step: str, database: str = "", **arguments: Any) -> Measured:
    """This function will run a step of `steps.py` in another process and give what it measured."""
    return outcome(start(step, database, **arguments))
