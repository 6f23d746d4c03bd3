"""Lists and single things of the API that are read the same way: filtered, ordered, a page at a time, tagged."""

from typing import Any

from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.filters import OrderingFilter
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from affiliates.api.door import READING, Door, with_tag
from affiliates.api.pages import Pages


class Resource(Door, ReadOnlyModelViewSet):  # type: ignore[type-arg]
    """Things of one kind; `partner_field` leads from one to its partner, empty where everybody sees all of them."""

    pagination_class = Pages
    filter_backends = (DjangoFilterBackend, OrderingFilter)
    ordering: tuple[str, ...] = ("-id",)
    ordering_fields: tuple[str, ...] = ()
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

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return with_tag(request, super().retrieve(request, *args, **kwargs))
