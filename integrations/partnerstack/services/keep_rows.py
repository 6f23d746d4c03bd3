import hashlib
import json
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from integrations.partnerstack.formats import READS, Row, clean, is_test
from integrations.partnerstack.models import KEY_LENGTH, Import, RawRow, Reading


def keep_rows(*, of: Import, what: str, items: Sequence[Row], after: str, is_done: bool, at: datetime) -> Reading:
    """This function will keep a page's rows as they came, with how far that is, in one transaction.

    A row that came before as it is now is not kept twice.
    """
    kind, _ = READS[what]
    rows = {key_of(item): item for item in items}
    with transaction.atomic():
        reading, _ = Reading.objects.select_for_update().get_or_create(of=of, what=what)
        known = {
            row.key: row for row in RawRow.objects.newest(kind).filter(key__in=rows).only("key", "version", "digest")
        }
        new = []
        for key, item in rows.items():
            body, before = json.dumps(item, sort_keys=True), known.get(key)
            digest = hashlib.sha256(body.encode()).hexdigest()
            if before is None or before.digest != digest:
                version = before.version + 1 if before else 1
                new.append(
                    RawRow(
                        kind=kind,
                        key=key,
                        version=version,
                        digest=digest,
                        body=body,
                        is_test=is_test(item),
                        came_with=of,
                        at=at,
                    )
                )
        RawRow.objects.bulk_create(new)
        reading.after, reading.is_done = after, is_done
        reading.pages += 1
        reading.rows += len(items)
        reading.new += len(new)
        reading.save()
    return reading


def key_of(item: Row) -> str:
    """A row's key; of one without, or with one that is too long, what its content gives."""
    key = item.get("key")
    if isinstance(key, str) and 0 < len(key) <= KEY_LENGTH and clean(key) == key:
        return key
    return f"without key {hashlib.sha256(json.dumps(item, sort_keys=True).encode()).hexdigest()}"
