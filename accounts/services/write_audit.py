from collections.abc import Iterable
from datetime import datetime
from typing import Any

from accounts.models import AuditEntry, User


def write_audit(*, by: User | None, at: datetime, action: str, subject: str, **details: Any) -> AuditEntry:
    """This function will note a step in the audit trail; call it inside the step's own transaction.

    `by` is None where the system acts by itself. `subject` is like `period 2026-03` or `payout 12`. Dates
    and amounts in `details` are kept as text, exactly as Python prints them.
    """
    return AuditEntry.objects.create(by=by, at=at, action=action, subject=subject, details=_as_kept(details))


def write_audit_of_many(
    *, by: User | None, at: datetime, action: str, subjects: Iterable[str], **details: Any
) -> list[AuditEntry]:
    """This function will note the same step of many subjects, an entry for each."""
    kept = _as_kept(details)
    return AuditEntry.objects.bulk_create(
        AuditEntry(by=by, at=at, action=action, subject=subject, details=kept) for subject in subjects
    )


def _as_kept(details: dict[str, Any]) -> dict[str, Any]:
    return {key: value if isinstance(value, int | list | None) else str(value) for key, value in details.items()}
