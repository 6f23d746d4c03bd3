"""Lists and single things of the API that are read the same way: filtered, ordered, a page at a time, tagged."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from accounts.row_security import whole_program
from affiliates.api.door import READING, Changed, Door, is_named, tag_of, with_tag
from affiliates.api.pages import Ordering, Pages


class Resource(Door, ReadOnlyModelViewSet):  # type: ignore[type-arg]
    """Things of one kind; `partner_field` leads from one to its partner, empty where everybody sees all of them.

    `ordering_fields` are what a list can be ordered by, and `columns` those of them that the database calls otherwise.
    """

    pagination_class = Pages
    filter_backends = (DjangoFilterBackend, Ordering)
    ordering: tuple[str, ...] = ("-id",)
    ordering_fields: tuple[str, ...] = ("id",)
    columns: Mapping[str, str] = {"period": "period_id"}
    partner_field = "partner"
    lookup_value_regex = "[^/]+"

    def parameters(self) -> set[str]:
        if self.request.method not in READING or self.action not in {"list", "retrieve"}:
            return set()
        if self.action == "retrieve":
            return {"fields"}
        filters = DjangoFilterBackend().get_filterset_class(self, self.queryset)
        return {"fields", "limit", "cursor", "ordering", *(filters.base_filters if filters else ())}

    def get_queryset(self) -> "QuerySet[Any]":
        rows: QuerySet[Any] = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):  # The document of the API is being written; nobody calls.
            return rows.none()
        return self.own(rows, self.partner_field) if self.partner_field else rows

    def get_object(self) -> Any:
        """The thing that the address names; with `If-Match` a change finds it as it was read, and held so."""
        thing = super().get_object()
        condition = self.request.headers.get("If-Match")
        if condition is None or self.request.method in READING:
            return thing
        with whole_program():
            type(thing).objects.select_for_update(no_key=True).get(pk=thing.pk)
        thing = super().get_object()
        if not is_named(tag_of(self.get_serializer(thing).data), condition):
            raise Changed
        return thing

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return with_tag(request, super().retrieve(request, *args, **kwargs))
