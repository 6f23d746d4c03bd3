from dataclasses import asdict
from datetime import datetime

from accounts.models import User
from clients.models import RefusedRecording
from clients.recording.problems import Problems
from parts.formats import plain


def keep_refusal(*, source: str, problems: Problems, by: User | None, at: datetime) -> RefusedRecording:
    """This function will keep why facts were refused, for finance to see; call it where the refusal is told."""
    shown = [
        {name: plain(value) if isinstance(value, str) else value for name, value in asdict(problem).items()}
        for problem in problems.shown
    ]
    return RefusedRecording.objects.create(
        refused_at=at, by=by, source=source[:200], count=problems.count, problems=shown
    )
