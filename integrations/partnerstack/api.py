"""What answers those who read PartnerStack: its addresses, its envelope, its keys, over this program's rows."""

import base64
import binascii
from typing import Any

from rest_framework.exceptions import AuthenticationFailed, NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models.api_key import is_key
from accounts.rights import Right
from affiliates.api.caller import KeyAuthentication
from affiliates.api.door import Door
from integrations.partnerstack.formats import MOST_A_PAGE, Kind, moment_of
from integrations.partnerstack.serializers import Asked, UnknownKey, page_of, row_of

DEFAULT_SIZE = 10
LONGEST_NUMBER = 18
SAY_KEY = "Send an API key of the company as the password of HTTP Basic, or as “Authorization: Bearer <key>”."


class ReaderKeys(KeyAuthentication):
    """A key of ours where PartnerStack's readers put theirs: HTTP Basic with the key as either half, or `Bearer`."""

    def secret(self, request: Request) -> str:
        kind, _, told = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "basic":
            return super().secret(request)
        try:
            name, _, word = base64.b64decode(told.strip(), validate=True).decode().partition(":")
        except (binascii.Error, ValueError) as error:
            raise AuthenticationFailed(SAY_KEY, "no_key") from error
        found = next((text for text in (word, name) if is_key(text)), None)
        if found is None:
            raise AuthenticationFailed(SAY_KEY, "no_key")
        return found

    def authenticate_header(self, request: Request) -> str:
        return 'Basic realm="api"'


class Reading(Door):
    """Read-only, for the company's keys alone, with PartnerStack's envelope around answers and errors."""

    schema = None
    authentication_classes = (ReaderKeys,)
    right = Right.SEE_PROGRAM
    for_partners = False

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            self.http_method_not_allowed(request)
        super().initial(request, *args, **kwargs)

    def parameters(self) -> set[str]:
        """Readers send parameters of many kinds; those that are not known here are passed over."""
        return set(self.request.query_params)

    def handle_exception(self, exc: Exception) -> Response:
        answer = super().handle_exception(exc)
        told = answer.data if isinstance(answer.data, dict) else {}
        errors = told.get("errors")
        first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
        message = first.get("detail") or told.get("detail") or told.get("title") or "Refused"
        answer.data = {"message": str(message), "status": str(answer.status_code)}
        answer.content_type = "application/json"
        return answer


class List(Reading):
    """A page of rows of one kind."""

    def get(self, request: Request, kind: str) -> Response:
        found = _kind(kind)
        if "ending_before" in request.query_params:
            raise ValidationError({"ending_before": ["Read on with starting_after; this way back is not there."]})
        asked = Asked(
            program=self.caller.program,
            limit=_limit(request),
            after=request.query_params.get("starting_after", ""),
            min_created=_moment(request, "min_created"),
            min_updated=_moment(request, "min_updated"),
            is_scheduled=request.query_params.get("status") == "scheduled",
        )
        try:
            items, has_more = page_of(found, asked)
        except UnknownKey:
            raise ValidationError({"starting_after": [f"There is no such key among the {found}."]}) from None
        data = {"has_more": has_more, "items": items}
        return Response({"data": data, "message": "Page returned successfully", "status": "200"})


class One(Reading):
    """One row by its key."""

    def get(self, request: Request, kind: str, key: str) -> Response:
        found = _kind(kind)
        try:
            row = row_of(found, Asked(program=self.caller.program, only=key))
        except UnknownKey:
            raise NotFound(f"There is no such key among the {found}.") from None
        return Response({"data": row, "message": "Returned successfully", "status": "200"})


def _kind(name: str) -> Kind:
    if name not in Kind.values:
        raise NotFound(f"Here are {', '.join(Kind.values)}.")
    return Kind(name)


def _limit(request: Request) -> int:
    told = request.query_params.get("limit", str(DEFAULT_SIZE))
    if not (told.isascii() and told.isdecimal() and 1 <= int(told[:9]) <= MOST_A_PAGE):
        raise ValidationError({"limit": [f"Give a number from 1 to {MOST_A_PAGE}."]})
    return int(told)


def _moment(request: Request, name: str) -> Any:
    told = request.query_params.get(name, "")
    if not told:
        return None
    is_number = told.isascii() and told.isdecimal() and len(told) <= LONGEST_NUMBER
    moment = moment_of(int(told)) if is_number else None
    if moment is None:
        raise ValidationError({name: ["Give a time in epoch milliseconds, like 1735689600000."]})
    return moment
