from datetime import datetime

from django.db import connection, transaction

from accounts.audit_chain import BEGINNING, chained
from accounts.models import AuditEntry, AuditSeal

LOCK = 727_001  # One sealer at a time, on however many machines.
AT_ONCE = 5000
# A transaction that is still open is never this many entries behind; `verify_audit` looks at all of them.
FURTHEST_BACK = 100_000


def seal_audit(*, at: datetime) -> int:
    """This function will chain the audit entries that are not sealed yet and say how many those were."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        last = AuditSeal.objects.order_by("-number").first()
        number, before = (last.number, last.hash) if last else (0, BEGINNING)
        recent = AuditEntry.objects.filter(pk__gt=last.entry_id - FURTHEST_BACK if last else 0)
        seals = []
        for entry in recent.filter(seal=None).order_by("pk")[:AT_ONCE]:
            number, before = number + 1, chained(before, entry)
            seals.append(AuditSeal(number=number, entry=entry, hash=before, sealed_at=at))
        AuditSeal.objects.bulk_create(seals)
    return len(seals)
