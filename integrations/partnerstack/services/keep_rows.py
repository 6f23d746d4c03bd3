import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from integrations.partnerstack.formats import READS, Row, clean, is_test
from integrations.partnerstack.models import KEY_LENGTH, Import, RawRow, Reading


def keep_rows(*, of: Import, what: str, items: Sequence[Row], after: str, is_done: bool, at: datetime) -> Reading:
    """This function will keep a page's rows as they came, with how far that is, in one transaction.

    A row that came before as it is now is not kept twice. Of a key that comes several times in a page each saying is
    kept, and the last one is the newest.
    """
    kind, _ = READS[what]
    said: dict[str, dict[str, Row]] = defaultdict(dict)  # By key what its rows say, by their text; the last one last.
    for item in items:
        key, body = key_of(item), json.dumps(item, sort_keys=True)
        said[key].pop(body, None)
        said[key][body] = item
    with transaction.atomic():
        reading, _ = Reading.objects.select_for_update().get_or_create(of=of, what=what)
        rows = RawRow.objects.filter(kind=kind)
        known = {row.key: row for row in rows.newest(kind).filter(key__in=said).only("key", "version", "digest")}
        repeated = [key for key, bodies in said.items() if len(bodies) > 1]
        ever = set(rows.filter(key__in=repeated).values_list("key", "digest")) if repeated else set()
        new = []
        for key, bodies in said.items():
            version, newest = (known[key].version, known[key].digest) if key in known else (0, "")
            for left, (body, item) in zip(range(len(bodies) - 1, -1, -1), bodies.items(), strict=True):
                digest = hashlib.sha256(body.encode()).hexdigest()
                if digest == newest or (left and (key, digest) in ever):
                    continue
                version, newest = version + 1, digest
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
