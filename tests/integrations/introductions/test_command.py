"""`manage.py receive_email` takes one message, says what became of it, and ends with a status that says so too."""

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from integrations.introductions.management.commands import receive_email
from integrations.introductions.models import LARGEST, Message
from referrals.models import Lead
from tests.integrations.introductions.writing import letter, told, written
from tests.worker import environment

pytestmark = pytest.mark.django_db


def take(raw: bytes, monkeypatch: pytest.MonkeyPatch) -> str:
    class Standard:
        buffer = io.BytesIO(raw)

    monkeypatch.setattr(receive_email.sys, "stdin", Standard)  # type: ignore[attr-defined]
    out = io.StringIO()
    call_command("receive_email", stdout=out)
    return out.getvalue()


def test_it_says_what_it_took(monkeypatch: pytest.MonkeyPatch) -> None:
    told()
    said = take(letter("gmail"), monkeypatch)
    assert "Became a lead: It introduces a company (Acme Logistics Inc., lead" in said
    again = take(letter("gmail"), monkeypatch)
    assert again == said
    assert Lead.objects.count() == 1


def test_it_says_what_it_left(monkeypatch: pytest.MonkeyPatch) -> None:
    told()
    assert "Left alone: It is a bounce" in take(letter("bounce"), monkeypatch)
    assert "Left alone: It cannot be read" in take(b"noise", monkeypatch)
    assert "Left alone: It is too large" in take(written(text="x" * LARGEST), monkeypatch)
    assert Message.objects.filter(is_whole=False).get().size > LARGEST


def test_nothing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match="no message"):
        take(b"", monkeypatch)


@pytest.mark.parametrize(("arguments", "given", "status"), [((), b"", 1), (("--odd",), b"x", 2)])
def test_the_exit_status_says_it(arguments: tuple[str, ...], given: bytes, status: int) -> None:
    command: list[Any] = [sys.executable, "manage.py", "receive_email", *arguments]
    done = subprocess.run(command, input=given, cwd=Path(settings.BASE_DIR), env=environment(), capture_output=True)
    assert done.returncode == status, done.stderr
