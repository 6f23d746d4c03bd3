"""Calls of the API as a program makes them, with a key."""

import json
from itertools import count
from typing import Any

import time_machine
from rest_framework.test import APIClient

from accounts.models import Scope, User
from accounts.models.api_key import COMPANY_SCOPES, PARTNER_SCOPES
from accounts.services.issue_api_key import issue_api_key
from affiliates.services.keep_partner_keys import issue_partner_key
from tests.cast import AT, owner_of, pam, the_partner

NUMBERS = count()  # Each key has a name of its own.


class Caller:
    """A program with a key, calling at the time of the tests."""

    def __init__(self, secret: str) -> None:
        self.secret = secret

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The answer of an address below `/api/v1/`."""
        client = APIClient()
        given = {name.replace("_", "-"): each for name, each in headers.items()}
        given["Authorization"] = f"Bearer {self.secret}"
        with time_machine.travel(AT, tick=False):
            return client.generic(
                method, f"/api/v1/{path}", _encoded(body), content_type="application/json", headers=given
            )

    def get(self, path: str, **headers: str) -> Any:
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.ask("POST", path, {} if body is None else body, **headers)

    def rows(self, path: str) -> list[dict[str, Any]]:
        """All rows of a list, page by page."""
        found: list[dict[str, Any]] = []
        address = path
        while True:
            answer = self.get(address)
            assert answer.status_code == 200, answer.content
            page = answer.json()
            found += page["results"]
            if page["next"] is None:
                return found
            address = page["next"].partition("/api/v1/")[2]


def partner_key(key: str = "ada", *scopes: Scope) -> Caller:
    """A partner's key, with every scope unless some are named."""
    owner = owner_of(key)
    given: dict[str, Any] = {"name": f"Key {next(NUMBERS)}", "scopes": scopes or PARTNER_SCOPES, "expires_at": None}
    return Caller(issue_partner_key(partner=the_partner(key), by=owner, at=AT, **given)[1])


def company_key(by: User | None = None, *scopes: Scope) -> Caller:
    """A key of the company, made by a program manager and then somebody else's where one is named."""
    key, secret = issue_api_key(
        partner_id=None, name=f"Key {next(NUMBERS)}", scopes=scopes or COMPANY_SCOPES, expires_at=None, by=pam(), at=AT
    )
    if by is not None:
        key.made_by = by
        key.save()
    return Caller(secret)


def _encoded(body: Any) -> str:
    return body if isinstance(body, str) else "" if body is None else json.dumps(body)
