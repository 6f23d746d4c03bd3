"""Messages are read in a process of their own, with an end to its time and memory: one that a message hangs or
crashes takes nobody with it."""

import json
import subprocess
import sys

from django.conf import settings

from integrations.introductions.letter import CannotRead, Letter

PATIENCE = 30  # Seconds on the clock; the process ends by itself after 10 of the processor.
PROGRAM = (sys.executable, "-m", "integrations.introductions.letter")


def read_apart(raw: bytes) -> Letter:
    """This function will take a message apart.

    :raises CannotRead: it is no message, one beyond the bounds, or one that nothing can read in time
    """
    said = json.loads(_run(raw))
    if "refused" in said:
        raise CannotRead(said["refused"])
    return Letter.of(said["letter"])


def attached_apart(raw: bytes, number: int) -> bytes:
    """This function will give what an attachment of a message holds.

    :raises CannotRead: there is no such attachment, or it cannot be read
    """
    return _run(raw, str(number))


def _run(raw: bytes, *arguments: str) -> bytes:
    try:
        done = subprocess.run(
            [*PROGRAM, *arguments], input=raw, capture_output=True, timeout=PATIENCE, cwd=settings.BASE_DIR
        )
    except subprocess.TimeoutExpired as error:
        raise CannotRead("It could not be read in time") from error
    if done.returncode:
        raise CannotRead("It could not be read within time and memory")
    return done.stdout
