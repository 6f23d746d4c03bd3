"""How the audit trail is chained, and the proof that nobody changed, took out or slipped in an entry."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from accounts.models import AuditEntry, AuditSeal

BEGINNING = "0" * 64
SEALED_WITHIN = timedelta(minutes=10)  # A trail whose scheduler stands still for longer is worth a look.


def chained(before: str, entry: AuditEntry) -> str:
    """The hash that seals an entry upon the hash of the link before it."""
    content = {
        "before": before,
        "entry": entry.pk,
        "at": entry.at.astimezone(UTC).isoformat(),
        "by": entry.by_id,
        "action": entry.action,
        "subject": entry.subject,
        "details": entry.details,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


@dataclass(slots=True)
class Proof:
    """How far the chain was followed: the number of links and the last one's hash, to be noted elsewhere."""

    links: int = 0
    head: str = BEGINNING


def verify(proof: Proof, *, at: datetime, noted: tuple[int, str] | None = None) -> Iterator[str]:
    """Yield what is wrong with the trail, following the whole chain; `proof` is kept up to date.

    `noted` is the number and the hash of a link that was written down elsewhere: who can rewrite the whole
    database could rewrite the chain too, and only this tells.
    """
    found = noted is None
    for seal in AuditSeal.objects.select_related("entry").order_by("number").iterator(chunk_size=2000):
        if seal.number != proof.links + 1:
            yield f"link {proof.links + 1} is missing, the next one is {seal.number}"
        expected = chained(proof.head, seal.entry)
        if seal.hash != expected:
            yield f"link {seal.number} does not fit: audit entry {seal.entry_id} or a link before it was changed"
        proof.links, proof.head = seal.number, seal.hash
        found = found or noted == (seal.number, seal.hash)
    if not found and noted:
        yield f"link {noted[0]} is not the one that was noted"
    late = AuditEntry.objects.filter(seal=None, at__lt=at - SEALED_WITHIN)
    for entry in late.order_by("id")[:10]:
        yield f"audit entry {entry.pk} of {entry.at:%Y-%m-%d %H:%M} is not sealed"
