"""Lists: a page at a time by cursor, only the fields asked for."""

from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

DEFAULT_SIZE, MOST = 50, 250


class Pages(CursorPagination):
    """`?limit=` rows and a cursor to the next: a list stays right while rows are added to it."""

    page_size = DEFAULT_SIZE
    page_size_query_param = "limit"
    max_page_size = MOST

    def get_page_size(self, request: Request) -> int:
        asked = request.query_params.get(self.page_size_query_param)
        if asked is None:
            return DEFAULT_SIZE
        if not (asked.isascii() and asked.isdecimal() and 1 <= int(asked[:9]) <= MOST):
            raise ValidationError({"limit": [f"Give a number from 1 to {MOST}."]})
        return int(asked)


class SparseFields:
    """`?fields=id,stage` answers with these fields alone."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        request = self.context.get("request")  # type: ignore[attr-defined]
        asked = request.query_params.get("fields", "") if request is not None and request.method == "GET" else ""
        if not asked:
            return
        names = set(asked.split(","))
        known: dict[str, Any] = self.fields  # type: ignore[attr-defined]
        if unknown := sorted(names - set(known)):
            raise ValidationError({"fields": [f"{unknown[0]} is no field of this; they are {', '.join(known)}."]})
        for name in set(known) - names:
            known.pop(name)
