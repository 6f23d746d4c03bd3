from collections.abc import Collection, Iterable
from datetime import datetime

from integrations.stripe.models import FindingKind, StripeFinding
from integrations.stripe.recording.case import Found


def keep_findings(*, about: Collection[str], found: Iterable[tuple[str, str, Found]], at: datetime) -> None:
    """This function will keep what was found now about some objects, and drop what is no more.

    `found` are the object, its customer and what was found. What was found before keeps the moment when it first was,
    and stays settled as long as it says the same.
    """
    now = {(key, each.subject, each.kind.value): (customer, each) for key, customer, each in found}
    gone = []
    for row in StripeFinding.objects.filter(about__in=about):
        again = now.pop((row.about, row.subject, row.kind), None)
        if again is None:
            gone.append(row.pk)
        elif (row.says, row.to_do) != (again[1].says, again[1].to_do):
            row.says, row.to_do, row.settled_at, row.settled_by = again[1].says, again[1].to_do, None, None
            row.save(update_fields=["says", "to_do", "settled_at", "settled_by"])
    StripeFinding.objects.filter(pk__in=gone).delete()
    StripeFinding.objects.bulk_create(
        StripeFinding(
            about=key, subject=subject, kind=FindingKind(kind), customer=customer, says=each.says, to_do=each.to_do,
            at=at,
        )
        for (key, subject, kind), (customer, each) in now.items()
    )  # fmt: skip
