from datetime import datetime
from typing import Any

from accounts.models import AuditEntry, User


def write_audit(*, by: User | None, at: datetime, action: str, subject: str, **details: Any) -> AuditEntry:
    """This function will note a step in the audit trail; call it inside the step's own transaction.

    `by` is None where the system acts by itself. `subject` is like `period 2026-03` or `payout 12`. Dates
    and amounts in `details` are kept as text, exactly as Python prints them.
    """
    details = {key: value if isinstance(value, int | list | None) else str(value) for key, value in details.items()}
    return AuditEntry.objects.create(by=by, at=at, action=action, subject=subject, details=details)
