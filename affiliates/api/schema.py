"""What drf-spectacular cannot see by itself."""

import re
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension

from accounts.models.kept_answer import KEY_LENGTH
from affiliates.api.examples import BODIES, part_of
from affiliates.api.filters import LARGEST_ID, MONTH
from affiliates.api.pages import DEFAULT_SIZE, MOST


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "affiliates.api.caller.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "description": "An API key from the settings."}


PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "A problem document (RFC 9457).",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong, and the way out."},
        "code": {"type": "string"},
        "count": {"type": "integer", "description": "How many problems there are; the first hundred are named."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "detail", "code"],
                "properties": {
                    "field": {"type": "string", "description": "Where it is, like clients[3].name."},
                    "key": {"type": "string"},
                    "detail": {"type": "string"},
                    "code": {"type": "string"},
                },
            },
        },
    },
}
PLAIN = re.compile(r"/api/v1/[a-z-]+/(\{[a-z]+\}/)?")  # Lists and single things, not what is said about one.
HELD = re.compile(r"/api/v1/[a-z-]+/\{id\}/")  # A change of a thing that is read with its tag.
REFUSALS = {
    "400": "A parameter or a field is wrong.",
    "401": "There is no key, or it is good no more.",
    "403": "The key may not do this.",
    "404": "There is no such thing that the key may see.",
    "406": "No form that the caller accepts can be given.",
    "409": "A rule of the program stands against it.",
    "411": "The body comes without its length.",
    "412": "It was changed since it was read, see `If-Match`.",
    "413": "More came than one call takes.",
    "415": "The body is no JSON.",
    "422": "The Idempotency-Key was sent with another call.",
    "429": "The key made too many calls in this minute.",
    "500": "The fault is ours.",
}
OF_CHANGES = {"409", "411", "412", "413", "415", "422"}
LIMITS = {
    "RateLimit-Limit": "How many calls a key makes in a minute.",
    "RateLimit-Remaining": "How many of them are left.",
    "RateLimit-Reset": "The seconds until there are all of them again.",
}
TAG = "What this looks like now, for `If-None-Match`."
REPLAYED = "“true” where the answer of the first call is given again."
WHERE = "Where it is read."
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The `ETag` that the caller has already: what has not changed since is answered with 304.",
    "schema": {"type": "string", "pattern": '^"[0-9a-f]{32}"$'},
    "example": '"0123456789abcdef0123456789abcdef"',
}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The same call with the same key is done once; for 24 hours its answer is given again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": KEY_LENGTH, "pattern": "^[!-~]+$"},
}
CLOSED = {
    "FactsRequest",
    "ClientFactRequest",
    "InvoiceFactRequest",
    "LineFactRequest",
    "PaymentFactRequest",
    "ReversalFactRequest",
}
LIMIT = {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT_SIZE}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "description": "The `ETag` with which it was read: with another one by now, nothing is done.",
    "schema": {"type": "string", "pattern": '^"[0-9a-f]{32}"$'},
}

TOLD = {  # What parameters mean, wherever they stand.
    "client": "The client's key.",
    "closed_since": "Clients that were closed on this day or later.",
    "closed_until": "Clients that were closed on this day or earlier.",
    "code": "What the link's address ends with.",
    "commission": "The number of a commission.",
    "cursor": "Where the page begins; take it from `next` or `previous` of another one of the list in the same order.",
    "domain": "The domain exactly as it is kept.",
    "email": "The address, in whatever case.",
    "endpoint": "The id of an endpoint.",
    "invoice": "The invoice's key.",
    "limit": "How many rows a page has.",
    "link": "The link's code.",
    "partner": "The partner's key.",
    "payment": "The payment's key.",
    "payout": "The number of a payout.",
    "period": "A month, like 2026-03.",
    "service_month": "The month that was paid for, like 2026-03.",
    "since": "This day or later, in the program's time zone.",
    "sub_id": "What the partner called the link's place or campaign.",
    "subject": "What it happened to, as events have it, like lead 12.",
    "until": "This day or earlier, in the program's time zone.",
}


def add_what_all_have(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """This hook of drf-spectacular will add the refusals, and the parameters that every address of a kind takes."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path, methods in result["paths"].items():
        for method, operation in methods.items():
            for status, description in REFUSALS.items():
                if method != "get" or status not in OF_CHANGES:
                    operation["responses"].setdefault(status, {"description": description, "content": content})
            if method == "get" and "{" in path and "application/json" in operation["responses"]["200"]["content"]:
                operation["responses"]["304"] = {"description": "It is what the caller has already."}
                operation.setdefault("parameters", []).append(IF_NONE_MATCH)
            if method != "get" and HELD.match(path):
                operation.setdefault("parameters", []).append(IF_MATCH)
            _tell_headers(method, operation["responses"])
            operation["summary"] = _summary(path, method, operation)
            parameters = operation.setdefault("parameters", [])
            if method == "post":
                parameters.append(IDEMPOTENCY_KEY)
            elif method == "get" and PLAIN.fullmatch(path):
                parameters.append(_fields(operation, result["components"]["schemas"]))
            for parameter in parameters:
                _narrow(parameter)
                if parameter["in"] == "path":
                    parameter["example"] = part_of(path, parameter["name"])
            for body in operation.get("requestBody", {}).get("content", {}).values():
                body["examples"] = {"usual": {"value": BODIES[_named(body["schema"])]}}
    for name, shown in result["components"]["schemas"].items():
        if name in CLOSED:
            shown["additionalProperties"] = False
    return result


def _tell_headers(method: str, responses: dict[str, Any]) -> None:
    """What stands in the heads of answers."""
    is_tagged = "304" in responses
    for status, response in responses.items():
        told = dict(LIMITS) if status not in {"401", "500"} else {}
        if is_tagged and status in {"200", "304"}:
            told["ETag"] = TAG
        if method == "post" and status.startswith("2"):
            told["Idempotency-Replayed"] = REPLAYED
        if status == "201":
            told["Location"] = WHERE
        if status == "429":
            told["Retry-After"] = "The seconds to wait."
        if told:
            response["headers"] = {
                name: {"description": text, "schema": {"type": "string"}} for name, text in told.items()
            }


def _summary(path: str, method: str, operation: dict[str, Any]) -> str:
    """What a reader of the pages sees of an operation before opening it."""
    if method == "get" and path.endswith("}/"):
        return "One of them"
    return str(operation.get("description", "")).partition("\n")[0]


def _narrow(parameter: dict[str, Any]) -> None:
    """What drf-spectacular does not know of a parameter: its bounds, months, and that no text has a NUL."""
    schema = parameter["schema"]
    if parameter["in"] == "query" and parameter["name"] in TOLD:
        parameter["description"] = TOLD[parameter["name"]]
    if parameter["name"] == "limit":
        parameter["schema"] = LIMIT
    elif parameter["in"] == "query" and schema.get("type") == "number":
        parameter["schema"] = {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}
    elif parameter["name"] in {"period", "service_month"}:
        schema["pattern"] = MONTH
    elif (
        parameter["in"] == "query"
        and schema.get("type") == "string"
        and not schema.keys() & {"format", "enum", "pattern"}
    ):
        schema |= {"minLength": 1, "pattern": r"^[^\x00]*$"}


def _fields(operation: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """The parameter that leaves fields out, with the names that an address has."""
    shown = schemas[_named(operation["responses"]["200"]["content"]["application/json"]["schema"])]
    if "results" in shown["properties"]:
        shown = schemas[_named(shown["properties"]["results"]["items"])]
    shown.pop("required", None)  # Each can be left out.
    name = f"({'|'.join(shown['properties'])})"
    return {
        "name": "fields",
        "in": "query",
        "description": "Only these fields, separated by commas.",
        "schema": {"type": "string", "pattern": f"^{name}(,{name})*$"},
    }


def _named(reference: dict[str, str]) -> str:
    return reference["$ref"].rpartition("/")[2]
