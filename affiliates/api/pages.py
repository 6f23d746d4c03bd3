"""Lists: a page at a time by cursor, in the order and with only the fields asked for."""

import re
from datetime import date
from typing import Any

from django.core import signing
from django.db.models import Model, Q, QuerySet
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.filters import OrderingFilter
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from affiliates.api.door import READING

DEFAULT_SIZE, MOST = 50, 250
LIMIT = re.compile("[1-9][0-9]{0,2}", re.ASCII)


class Ordering(OrderingFilter):
    """`?ordering=-closed_on`: by the names that a list knows, in `ordering_fields`; any other is refused."""

    def get_ordering(self, request: Request, queryset: "QuerySet[Any]", view: Any) -> tuple[str, ...]:
        asked = request.query_params.get(self.ordering_param)
        if asked is None:
            return tuple(view.ordering)
        order: dict[str, str] = {}
        for name in asked.split(","):
            known = name.removeprefix("-")
            if known not in view.ordering_fields:
                names = ", ".join(view.ordering_fields)
                raise ValidationError(
                    {"ordering": [f"This list has no order by “{known}”; it has {names}, each with a minus for down."]}
                )
            column = view.columns.get(known, known)
            order.setdefault(column, f"-{column}" if name.startswith("-") else column)
        return tuple(order.values())

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        name = f"-?({'|'.join(view.ordering_fields)})"
        return [
            {
                "name": self.ordering_param,
                "in": "query",
                "required": False,
                "description": "What the rows are ordered by, with a minus from the largest down; several with commas.",
                "schema": {"type": "string", "pattern": f"^{name}(,{name})*$"},
            }
        ]


class Pages(CursorPagination):
    """`?limit=` rows and a cursor to the next: a list stays right while rows are added to it.

    A cursor says after which row, or before which, a page begins: by what the rows are ordered by, and by their
    number where that is the same. It is signed, and good for its own list in its own order alone.
    """

    page_size = DEFAULT_SIZE
    page_size_query_param = "limit"
    max_page_size = MOST
    page: list[Any]

    def get_page_size(self, request: Request) -> int:
        asked = request.query_params.get(self.page_size_query_param)
        if asked is None:
            return DEFAULT_SIZE
        if not LIMIT.fullmatch(asked) or int(asked) > MOST:
            raise ValidationError({"limit": [f"Give a number from 1 to {MOST}."]})
        return int(asked)

    def paginate_queryset(self, queryset: "QuerySet[Any]", request: Request, view: Any = None) -> list[Any]:
        size = self.get_page_size(request)
        self.base_url = request.build_absolute_uri()
        self.order = _to_the_last(queryset.model, Ordering().get_ordering(request, queryset, view))
        self.salt = f"cursor of {queryset.model._meta.label} by {','.join(self.order)}"
        is_back, place = self._read(request)
        order = [_turned(name) for name in self.order] if is_back else list(self.order)
        rows = queryset.order_by(*order)
        if place is not None:
            rows = rows.filter(_after(order, place))
        found = list(rows[: size + 1])
        has_more, came_from = len(found) > size, place is not None
        self.page = found[:size][::-1] if is_back else found[:size]
        self.has_next = bool(self.page) and (came_from if is_back else has_more)
        self.has_previous = bool(self.page) and (has_more if is_back else came_from)
        return self.page

    def get_next_link(self) -> str | None:
        return self._link(self.page[-1], is_back=False) if self.has_next else None

    def get_previous_link(self) -> str | None:
        return self._link(self.page[0], is_back=True) if self.has_previous else None

    def _link(self, row: Any, *, is_back: bool) -> str:
        place = [_written(getattr(row, name.removeprefix("-"))) for name in self.order]
        cursor = signing.dumps([is_back, *place], salt=self.salt)
        return str(replace_query_param(str(self.base_url), self.cursor_query_param, cursor))

    def _read(self, request: Request) -> tuple[bool, list[Any] | None]:
        """Which way a page goes, and from which place; from none it begins."""
        cursor = request.query_params.get(self.cursor_query_param)
        if cursor is None:
            return False, None
        try:
            is_back, *place = signing.loads(cursor, salt=self.salt)
        except signing.BadSignature as error:
            raise NotFound("This is no cursor of this list in this order; begin again without it.") from error
        return is_back, place


def _to_the_last(model: type[Model], order: tuple[str, ...]) -> tuple[str, ...]:
    """An order in which no two rows are alike."""
    key = model._meta.pk.name
    for place, name in enumerate(order, 1):
        if name.removeprefix("-") == key:
            return order[:place]
    return (*order, f"-{key}" if order[-1].startswith("-") else key)


def _turned(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def _after(order: list[str], place: list[Any]) -> Q:
    """The rows that come after a place; the first bound is for the index."""
    found, same = Q(), Q()
    for name, value in zip(order, place, strict=True):
        column, how = name.removeprefix("-"), "lt" if name.startswith("-") else "gt"
        found |= same & Q(**{f"{column}__{how}": value})
        same &= Q(**{column: value})
    column, how = order[0].removeprefix("-"), "lte" if order[0].startswith("-") else "gte"
    return Q(**{f"{column}__{how}": place[0]}) & found


def _written(value: Any) -> Any:
    if isinstance(value, int | str):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)


class SparseFields:
    """`?fields=id,stage` answers with these fields alone."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        request = self.context.get("request")  # type: ignore[attr-defined]
        asked = request.query_params.get("fields", "") if request is not None and request.method in READING else ""
        if not asked:
            return
        names = set(asked.split(","))
        known: dict[str, Any] = self.fields  # type: ignore[attr-defined]
        if unknown := sorted(names - set(known)):
            raise ValidationError({"fields": [f"{unknown[0]} is no field of this; they are {', '.join(known)}."]})
        for name in set(known) - names:
            known.pop(name)
