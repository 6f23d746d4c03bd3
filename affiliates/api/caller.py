"""Who calls the API: the person who made the key, for one partner or for the company, within the key's scopes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, ParamSpec, TypeVar

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import ApiKey, Scope, User
from accounts.rights import Right, may
from accounts.row_security import whole_program
from accounts.services.issue_api_key import find_api_key
from affiliates.models import Membership, Partner, Program
from affiliates.models.partner import MemberRole

Arguments = ParamSpec("Arguments")
Outcome = TypeVar("Outcome")


@dataclass(frozen=True, slots=True)
class Caller:
    """A key in use: whose it is, for which partner (None for the company), and the program with its day."""

    key: ApiKey
    user: User
    partner: Partner | None
    program: Program
    today: date

    @property
    def has_ended(self) -> bool:
        """Whether it calls for a partner whose partnership is over."""
        return self.partner is not None and self.partner.has_ended(on=self.today)

    def has(self, scope: Scope) -> bool:
        return scope in self.key.scopes

    def may(self, right: Right) -> bool:
        """Whether a key of the company may; a partner's key has no rights of the company's people."""
        return self.partner is None and may(self.user, right)

    def do(self, step: Callable[Arguments, Outcome], *args: Arguments.args, **arguments: Arguments.kwargs) -> Outcome:
        """This function will take one step of the program with the application's own rights."""
        with whole_program():
            return step(*args, **arguments)


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer <key>`. A key ends with its maker's part: who left the partner, or the company."""

    def authenticate(self, request: Request) -> tuple[User, Caller]:
        key = find_api_key(self.secret(request), at=timezone.now())
        if key is None:
            raise AuthenticationFailed("The key is not known, or is good no more.", "no_good_key")
        program = Program.current()
        return key.made_by, Caller(key, key.made_by, _partner_of(key), program, program.day(timezone.now()))

    def secret(self, request: Request) -> str:
        """The key's text as a request brings it.

        :raises AuthenticationFailed: it brings none
        """
        kind, _, secret = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not secret.strip():
            raise AuthenticationFailed("Send an API key as “Authorization: Bearer <key>”.", "no_key")
        return secret.strip()

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


def _partner_of(key: ApiKey) -> Partner | None:
    if key.partner_id is None:
        if not key.made_by.is_staff:
            raise AuthenticationFailed("Who made the key is not of the company any more.", "maker_left")
        return None
    owners = Membership.objects.filter(user=key.made_by, partner=key.partner_id, role=MemberRole.OWNER)
    found = owners.select_related("partner").first()
    if found is None:
        raise AuthenticationFailed("Who made the key does not own the partner any more.", "maker_left")
    return found.partner


def caller_of(request: Any) -> Caller:
    """The caller of a request that was let in."""
    caller: Caller = request.auth
    return caller
