"""What a breach looks like wherever it is shown: how much time there is to cure it, and the files that prove it."""

from datetime import date

from django.urls import reverse

from affiliates.models import Violation
from affiliates.models.agreement import ViolationState
from parts.formats import counted
from parts.shapes import Badge, Document, Tone

SOON = 3


def cure_badge(violation: Violation, *, on: date) -> Badge:
    """The days that are left, or by how many it is overdue; for one that was decided, how."""
    if violation.state != ViolationState.OPEN:
        return Badge(
            violation.get_state_display(), Tone.GOOD if violation.state == ViolationState.CURED else Tone.NEUTRAL
        )
    left = violation.days_left(on=on)
    if left > 0:
        return Badge(f"{counted(left, 'day', 'days')} left", Tone.WAITING if left > SOON else Tone.BAD)
    return Badge("Last day" if left == 0 else f"{counted(-left, 'day', 'days')} overdue", Tone.BAD)


def evidence_of(violation: Violation, url_name: str) -> list[Document]:
    """The files, each at the address of who looks."""
    return [
        Document(file.name, "Evidence", reverse(url_name, args=[file.pk]), file.name.rpartition(".")[2].upper())
        for file in violation.files.all()
    ]
