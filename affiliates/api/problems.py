"""Errors as problem documents (RFC 9457), each field by its name, with the way out."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import set_rollback

TYPE = "about:blank"  # RFC 9457: what it is, its status says; `code` says it closer.


class ProblemRenderer(JSONRenderer):
    media_type = "application/problem+json"


class Refused(exceptions.APIException):
    """A rule of the program stands against the call; the message says which, and `field` where."""

    status_code = 409
    default_code = "refused"

    def __init__(self, message: object, *, field: str = "", code: str = "refused") -> None:
        super().__init__(sentence(message), code)
        self.field = field


class ManyRefused(exceptions.APIException):
    """Many things stand against the call; `errors` names the first of `count`, each with its place."""

    status_code = 409
    default_code = "refused"

    def __init__(self, message: str, errors: list[dict[str, Any]], count: int) -> None:
        super().__init__(message)
        self.errors, self.count = errors, count


class TooLarge(exceptions.APIException):
    """More came in one call than it takes."""

    status_code = 413
    default_code = "too_large"


def sentence(message: object) -> str:
    """A service's message as a sentence."""
    text = str(message)
    return text if text.endswith((".", "!", "?")) else f"{text}."


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """This function will answer with a problem document; None for what is no refusal but a fault."""
    if isinstance(error, Http404):
        error = exceptions.NotFound("There is nothing at this address that the key may see.")
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied(sentence(error) if str(error) else None)
    if not isinstance(error, exceptions.APIException):
        return None
    set_rollback()
    status = error.status_code
    code = error.get_codes()
    name = code if isinstance(code, str) else "invalid"
    problem: dict[str, Any] = {
        "type": TYPE,
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": _detail(error),
        "code": name,
    }
    if errors := list(_errors(error)):
        problem["errors"] = errors
    if isinstance(error, ManyRefused) and error.count:
        problem["count"] = error.count
    request = context["request"]
    request.accepted_renderer, request.accepted_media_type = ProblemRenderer(), ProblemRenderer.media_type
    headers = {}
    if header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = header
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait))
    return Response(problem, status=status, headers=headers)


def _detail(error: exceptions.APIException) -> str:
    if isinstance(error, exceptions.ValidationError):
        return "Some fields are missing or wrong; each is named below."
    return str(error.detail)


def _errors(error: exceptions.APIException) -> Iterator[dict[str, Any]]:
    if isinstance(error, ManyRefused):
        yield from error.errors
    elif isinstance(error, Refused) and error.field:
        yield {"field": error.field, "detail": str(error.detail), "code": error.get_codes()}
    elif isinstance(error, exceptions.ValidationError):
        yield from _fields(error.detail, "")


def _fields(detail: Any, path: str) -> Iterator[dict[str, Any]]:
    """Yield each leaf of nested errors with the path that leads to it, `clients[3].name`."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            here = "" if name == "non_field_errors" else str(name)
            yield from _fields(inner, f"{path}.{here}" if path and here else path or here)
    elif isinstance(detail, list):
        for place, inner in enumerate(detail):
            if isinstance(inner, dict | list):
                yield from _fields(inner, f"{path}[{place}]")
            else:
                yield {"field": path, "detail": str(inner), "code": getattr(inner, "code", "invalid")}
