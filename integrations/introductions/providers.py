"""What mail providers send with an inbound message: its raw text, its envelope, and what they found of SPF and DKIM.

The raw text is taken as it is, without parsing it in the web's own process, where the provider gives it.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message with what came beside it. `sender` is the return path: empty for a bounce, None where nobody says."""

    raw: bytes
    sender: str | None = None
    recipient: str = ""
    is_spam: bool = False
    findings: tuple[dict[str, str], ...] = field(default=())


def parcels_of(provider: str, request: HttpRequest) -> list[Parcel]:
    """The raw messages of a provider's call; none where it does not send them raw, or not in a known shape."""
    take = TAKERS.get(provider)
    try:
        return take(request) if take else []
    except (ValueError, LookupError, TypeError, AttributeError):  # Of another shape: anymail looks at it.
        return []


def findings_of(provider: str, event: Any) -> tuple[dict[str, str], ...]:
    """What a provider found, where its event says so apart from the message."""
    if provider == "Amazon SES" and isinstance(event, Mapping):
        receipt = event.get("receipt", {})
        source = str(event.get("mail", {}).get("source", ""))
        return (
            _found("dmarc", receipt.get("dmarcVerdict", {}).get("status", ""), ""),
            _found("spf", receipt.get("spfVerdict", {}).get("status", ""), _host(source)),
        )
    return ()


def _mailgun(request: HttpRequest) -> list[Parcel]:
    told = request.POST
    is_spam = told.get("X-Mailgun-Sflag", "").lower() == "yes"
    return [Parcel(_bytes(told["body-mime"]), told.get("sender"), told.get("recipient", ""), is_spam)]


def _postmark(request: HttpRequest) -> list[Parcel]:
    told = json.loads(request.body)
    first = (told.get("Headers") or [{}])[0]
    sender = str(first["Value"]).strip("<> ") if first.get("Name", "").lower() == "return-path" else None
    is_spam = any(
        each["Name"].lower() == "x-spam-status" and str(each["Value"]).lower().startswith("yes")
        for each in told.get("Headers", [])
    )
    return [Parcel(_bytes(told["RawEmail"]), sender, str(told.get("OriginalRecipient", "")), is_spam)]


def _mandrill(request: HttpRequest) -> list[Parcel]:
    found = []
    for event in json.loads(request.POST["mandrill_events"]):
        told = event["msg"]
        spf = _found("spf", told.get("spf", {}).get("result", ""), _host(str(told.get("sender", ""))))
        found.append(Parcel(_bytes(told["raw_msg"]), told.get("sender"), str(told.get("email", "")), False, (spf,)))
    return found


TAKERS: dict[str, Callable[[HttpRequest], list[Parcel]]] = {
    "Mailgun": _mailgun,
    "Postmark": _postmark,
    "Mandrill": _mandrill,
}


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _host(address: str) -> str:
    return address.rpartition("@")[2].strip("<> ").lower()


def _found(method: str, result: Any, domain: str) -> dict[str, str]:
    return {"method": method, "result": str(result).lower(), "domain": domain.lower()}
