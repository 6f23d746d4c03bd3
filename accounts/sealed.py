"""Secrets, bank and tax details at rest: AES-256-GCM, bound to the very place where they lie.

The table, the column and the row's key go in as associated data, so a value that was flipped, swapped with
another row's or written in plain is refused when it is read. The first key of `DETAILS_KEYS` writes, every
key reads, so keys are changed by putting a new one in front.
"""

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

NONCE_BYTES = 12


class DetailsUnreadable(Exception):
    """The stored details were tampered with, belong elsewhere, or their key is no longer in DETAILS_KEYS."""


def _key_ring() -> dict[str, AESGCM]:
    ring = {}
    for entry in settings.DETAILS_KEYS.split(","):
        name, _, key = entry.strip().partition(":")
        ring[name] = AESGCM(base64.b64decode(key))
    return ring


def seal(plain: str, *, table: str, column: str, row: object) -> str:
    """This function will encrypt a text for one place; the answer is printable."""
    name, key = next(iter(_key_ring().items()))
    nonce = os.urandom(NONCE_BYTES)
    place = f"{table}\0{column}\0{row}\0{name}".encode()
    return f"{name}:{base64.b64encode(nonce + key.encrypt(nonce, plain.encode(), place)).decode()}"


def unseal(sealed: str, *, table: str, column: str, row: object) -> str:
    """This function will decrypt what `seal` wrote for the same place.

    :raises DetailsUnreadable: it was not written by `seal` for this place with a key of the ring
    """
    name, _, text = sealed.partition(":")
    try:
        data = base64.b64decode(text, validate=True)
        place = f"{table}\0{column}\0{row}\0{name}".encode()
        return _key_ring()[name].decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], place).decode()
    except (KeyError, ValueError, InvalidTag) as error:
        raise DetailsUnreadable(f"The details in {table}.{column} of {row} cannot be read") from error
