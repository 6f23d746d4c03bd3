"""Errors as problem documents (RFC 9457), each field by its name, with the way out."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.views.defaults import server_error
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import set_rollback

PROGRAMS = "/api/v1/"
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
    elif isinstance(error, RequestDataTooBig):
        error = TooLarge("The body is larger than any call takes.")
    if not isinstance(error, exceptions.APIException):
        return None
    set_rollback()
    status = error.status_code
    code = error.get_codes()
    problem = _problem(status, _detail(error), code if isinstance(code, str) else "invalid")
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


def fault(request: HttpRequest) -> HttpResponse:
    """The answer where the fault is ours: a problem document for programs, a page for people."""
    if not request.path.startswith(PROGRAMS):
        return server_error(request)
    said = "Something went wrong here. Call again later; with an Idempotency-Key nothing is done twice."
    problem = _problem(HTTPStatus.INTERNAL_SERVER_ERROR, said, "fault")
    return HttpResponse(JSONRenderer().render(problem), status=500, content_type=ProblemRenderer.media_type)


def _problem(status: int, detail: str, code: str) -> dict[str, Any]:
    return {"type": TYPE, "title": HTTPStatus(status).phrase, "status": int(status), "detail": detail, "code": code}


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
