"""What every address of the API has: the caller's rights, its rows, its limits, and answers that can be asked again."""

import hashlib
import json
from contextlib import ExitStack
from datetime import datetime
from typing import Any, cast

from django.core.cache import cache
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.utils import timezone
from redis.exceptions import RedisError
from rest_framework.exceptions import APIException, MethodNotAllowed, PermissionDenied, Throttled, ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import KeptAnswer, Scope
from accounts.models.kept_answer import KEPT_FOR, KEY_LENGTH
from accounts.rights import Right
from accounts.row_security import rows_of, whole_program
from affiliates.api.caller import Caller, KeyAuthentication, caller_of
from affiliates.api.parsers import Json
from affiliates.api.problems import Refused

READING = ("GET", "HEAD", "OPTIONS")
A_MINUTE = 60  # Seconds.
MOST_A_MINUTE = 600


class KeyTaken(APIException):
    """An `Idempotency-Key` came again with another call."""

    status_code = 422
    default_code = "idempotency_key_taken"
    default_detail = "This Idempotency-Key was sent with another call; use a new one for each call."


class NoSuchKey(APIException):
    status_code = 400
    default_code = "idempotency_key"
    default_detail = f"An Idempotency-Key has 1 to {KEY_LENGTH} printable characters."


class NoLength(APIException):
    """The body comes in pieces, of which nobody says how many: read as nothing, its call would do nothing silently."""

    status_code = 411
    default_code = "length_required"
    default_detail = "Send the body whole, with its Content-Length; in chunks it is not read."


class Changed(APIException):
    """`If-Match` names what a thing was when it was read, and it is another one by now."""

    status_code = 412
    default_code = "changed"
    default_detail = "It was changed since it was read: read it again, then decide anew."


class _Replay(Exception):
    """The call was answered before."""

    def __init__(self, kept: KeptAnswer) -> None:
        self.kept = kept


class Door(APIView):
    """An address of the API.

    `scope` is what changing takes, reading takes `Scope.READ`; without a scope nothing is changed here. `right` is
    what a key of the company needs to read here; steps look at their own rights. With `for_partners` off it is the
    company's alone. `after_the_end` names the changes that a partner still makes once the partnership is over, when
    the rest is there to read. `once_alone` names the fields of an answer that are not kept for its repetition:
    secrets. A partner's call is made with that partner's rows, see `accounts.row_security`. Each call is one
    transaction.
    """

    authentication_classes = (KeyAuthentication,)
    permission_classes = ()
    renderer_classes = (JSONRenderer,)
    parser_classes = (Json,)
    scope: Scope | None = None
    right: Right = Right.SEE_PROGRAM
    for_partners = True
    once_alone: tuple[str, ...] = ()
    after_the_end: tuple[str, ...] = ()

    def parameters(self) -> set[str]:
        """The names that may stand in the address: a filter that was misspelt must not find everything."""
        return set()

    @property
    def caller(self) -> Caller:
        return caller_of(self.request)

    def own(self, rows: "QuerySet[Any]", partner: str = "partner") -> "QuerySet[Any]":
        """The rows that the caller may see; `partner` is the field that leads to the partner."""
        return rows if self.caller.partner is None else rows.filter(**{partner: self.caller.partner.pk})

    # -- A call from its first look to its answer --

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.stack = ExitStack()
        super().initial(request, *args, **kwargs)
        caller = caller_of(request)
        self.left, self.resets = _count(caller.key.pk, timezone.now())
        if self.left < 0:
            raise Throttled(wait=self.resets, detail=f"A key makes {MOST_A_MINUTE} calls a minute; wait.")
        self._check(request, caller)
        _check_parameters(request, self.parameters())
        if "Transfer-Encoding" in request.headers:
            raise NoLength
        self.stack.enter_context(transaction.atomic())
        self.kept = self._begin(request, caller)
        if caller.partner is not None:
            self.stack.enter_context(rows_of(caller.partner.pk))
        self.stack.enter_context(timezone.override(caller.program.time_zone))

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, _Replay):
            self._leave(None)
            headers = {"Idempotency-Replayed": "true"}
            if exc.kept.location:
                headers["Location"] = exc.kept.location
            return Response(exc.kept.body, status=exc.kept.code, headers=headers)
        self._leave(exc)
        return super().handle_exception(exc)

    def finalize_response(self, request: Request, response: HttpResponseBase, *args: Any, **kwargs: Any) -> Any:
        if isinstance(response, Response):
            self._keep(response)
        self._leave(None)
        answer = super().finalize_response(request, cast(Response, response), *args, **kwargs)
        if hasattr(self, "left"):
            answer["RateLimit-Limit"] = str(MOST_A_MINUTE)
            answer["RateLimit-Remaining"] = str(max(self.left, 0))
            answer["RateLimit-Reset"] = str(self.resets)
        answer["Cache-Control"] = "private, no-cache" if "ETag" in answer else "no-store"
        return answer

    def _check(self, request: Request, caller: Caller) -> None:
        needed = Scope.READ if request.method in READING else self.scope
        if caller.partner is not None and not self.for_partners:
            raise PermissionDenied("This is for the company's keys.")
        if needed is None:
            raise MethodNotAllowed(str(request.method))
        if not caller.has(needed):
            raise PermissionDenied(f"The key may not {needed.label}: make one with the scope “{needed}”.")
        action = getattr(self, "action", "")  # None where a method has none.
        is_change = request.method not in READING and action is not None
        if is_change and caller.has_ended and action not in self.after_the_end:
            raise Refused("The partnership has ended: this is there to read only", code="partnership_ended")
        if request.method in READING and caller.partner is None and not caller.may(self.right):
            raise PermissionDenied(f"{caller.user.get_full_name()}, who made the key, may not {self.right.label}.")

    def _begin(self, request: Request, caller: Caller) -> KeptAnswer | None:
        """This function will take the call's key, or find what it was answered; two at once wait for each other."""
        key = request.headers.get("Idempotency-Key")
        if key is None or request.method in READING:
            return None
        if not (1 <= len(key) <= KEY_LENGTH and key.isprintable()):
            raise NoSuchKey
        asked = _asked(request)
        now = timezone.now()
        KeptAnswer.objects.filter(api_key=caller.key, key=key, at__lte=now - KEPT_FOR).delete()
        made = KeptAnswer(api_key=caller.key, key=key, asked=asked, at=now)
        KeptAnswer.objects.bulk_create([made], ignore_conflicts=True)
        kept = KeptAnswer.objects.select_for_update().get(api_key=caller.key, key=key)
        if kept.asked != asked:
            raise KeyTaken
        if kept.code is not None:
            raise _Replay(kept)
        return kept

    def _keep(self, response: Response) -> None:
        kept = getattr(self, "kept", None)
        if kept is None or response.status_code >= 400:
            return
        body = json.loads(JSONRenderer().render(response.data)) if response.data is not None else None
        if isinstance(body, dict):
            body |= {name: None for name in self.once_alone if name in body}
        with whole_program():
            KeptAnswer.objects.filter(pk=kept.pk).update(
                code=response.status_code, body=body, location=response.headers.get("Location", "")
            )

    def _leave(self, error: Exception | None) -> None:
        """The call's transaction ends: kept, or with an error rolled back."""
        stack = getattr(self, "stack", None)
        if stack is None:
            return
        del self.stack
        stack.__exit__(type(error) if error else None, error, error.__traceback__ if error else None)


def _check_parameters(request: Request, known: set[str]) -> None:
    for name in request.query_params:
        if name not in known:
            others = f"; they are {', '.join(sorted(known))}" if known else ""
            raise ValidationError({name: [f"There is no such parameter here{others}."]})
        values = request.query_params.getlist(name)
        if len(values) > 1:
            raise ValidationError({name: ["Give it once: of several only one would count."]})
        if not all(values):
            raise ValidationError({name: ["Give it a value, or leave it out."]})


def with_tag(request: Request, response: Response) -> Response:
    """A single resource with its ETag; who has it already gets 304 and nothing else."""
    tag = tag_of(response.data)
    if is_named(tag, request.headers.get("If-None-Match", "")):
        return Response(status=304, headers={"ETag": tag})
    response["ETag"] = tag
    return response


def tag_of(shown: Any) -> str:
    """What tells one state of a thing, as it is shown, from another."""
    return f'"{hashlib.sha256(JSONRenderer().render(shown)).hexdigest()[:32]}"'


def is_named(tag: str, header: str) -> bool:
    """Whether a header of conditions names a tag, or any."""
    asked = [each.strip().removeprefix("W/") for each in header.split(",")]
    return tag in asked or "*" in asked


def _asked(request: Request) -> str:
    """What a call asks for: the same key with another one of these is a mistake."""
    body = json.dumps(request.data, sort_keys=True, default=str)
    return hashlib.sha256(f"{request.method} {request.get_full_path()}\n{body}".encode()).hexdigest()


def _count(key: int, at: datetime) -> tuple[int, int]:
    """How many calls a key has left in this minute, and the seconds until the next; without Redis nobody counts."""
    minute, second = divmod(int(at.timestamp()), A_MINUTE)
    name = f"api:{key}:{minute}"
    try:
        cache.add(name, 0, 2 * A_MINUTE)
        return MOST_A_MINUTE - cache.incr(name), A_MINUTE - second
    except (RedisError, ValueError):
        return MOST_A_MINUTE, A_MINUTE - second
