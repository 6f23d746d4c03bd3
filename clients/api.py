"""Referred clients and the billing facts, one by one and in bulk."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone
from django_filters.rest_framework import CharFilter, FilterSet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Scope
from accounts.rights import Right, require
from affiliates.api.door import Door
from affiliates.api.filters import DayFilter
from affiliates.api.parsers import Json
from affiliates.api.problems import ManyRefused, TooLarge, sentence
from affiliates.api.resource import Resource
from affiliates.api.views import KEYS
from clients.models import Client, Invoice, Payment, Reversal
from clients.recording.problems import FactsRefused, Problems
from clients.sent_facts import TooManyRows, tables_of
from clients.serializers import (
    ClientSerializer,
    FactsSerializer,
    InvoiceSerializer,
    PaymentSerializer,
    RecordedSerializer,
    ReversalSerializer,
)
from clients.services.record_facts import record_facts


class ClientsSought(FilterSet):  # type: ignore[misc]
    partner = CharFilter(field_name="partner__reference")
    closed_since = DayFilter(field_name="closed_on", lookup_expr="gte")
    closed_until = DayFilter(field_name="closed_on", lookup_expr="lte")

    class Meta:
        model = Client
        fields = ("domain",)


class Clients(Resource):
    """Referred clients: what each lead became that was won."""

    queryset = Client.objects.select_related("partner")
    serializer_class = ClientSerializer
    lookup_field, lookup_url_kwarg, lookup_value_regex = "reference", "client", KEYS
    filterset_class = ClientsSought
    ordering_fields = ("id", "name", "closed_on")
    right = Right.SEE_MONEY


class InvoicesSought(FilterSet):  # type: ignore[misc]
    client = CharFilter(field_name="client__reference")
    since = DayFilter(field_name="issued_on", lookup_expr="gte")
    until = DayFilter(field_name="issued_on", lookup_expr="lte")


class Invoices(Resource):
    """Invoices of referred clients, with their lines."""

    queryset = Invoice.objects.select_related("client").prefetch_related("lines")
    serializer_class = InvoiceSerializer
    lookup_field, lookup_url_kwarg, lookup_value_regex = "reference", "invoice", KEYS
    filterset_class = InvoicesSought
    ordering_fields = ("id", "issued_on")
    partner_field = "client__partner"
    right = Right.SEE_MONEY


class PaymentsSought(FilterSet):  # type: ignore[misc]
    invoice = CharFilter(field_name="invoice__reference")
    since = DayFilter(field_name="received_on", lookup_expr="gte")
    until = DayFilter(field_name="received_on", lookup_expr="lte")


class Payments(Resource):
    """Money received for invoices."""

    queryset = Payment.objects.select_related("invoice")
    serializer_class = PaymentSerializer
    lookup_field, lookup_url_kwarg, lookup_value_regex = "reference", "payment", KEYS
    filterset_class = PaymentsSought
    ordering_fields = ("id", "received_on")
    partner_field = "invoice__client__partner"
    right = Right.SEE_MONEY


class ReversalsSought(FilterSet):  # type: ignore[misc]
    payment = CharFilter(field_name="payment__reference")
    since = DayFilter(field_name="occurred_on", lookup_expr="gte")
    until = DayFilter(field_name="occurred_on", lookup_expr="lte")

    class Meta:
        model = Reversal
        fields = ("kind",)


class Reversals(Resource):
    """Refunds, chargebacks, and chargebacks won back."""

    queryset = Reversal.objects.select_related("payment")
    serializer_class = ReversalSerializer
    lookup_field, lookup_url_kwarg, lookup_value_regex = "reference", "reversal", KEYS
    filterset_class = ReversalsSought
    ordering_fields = ("id", "occurred_on")
    partner_field = "payment__invoice__client__partner"
    right = Right.SEE_MONEY


class ExactNumbers(Json):
    """Amounts that come as numbers stay exactly as they were written: no float touches them."""

    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    number = Decimal


class Facts(Door):
    """Billing facts in bulk, for the company's keys."""

    scope = Scope.FACTS
    for_partners = False
    parser_classes = (ExactNumbers,)

    @extend_schema(request=FactsSerializer, responses=RecordedSerializer, operation_id="facts_record")
    def post(self, request: Request) -> Response:
        """Record clients, invoices, payments and reversals: all of them, or none.

        The same facts may come again, in other company and in any order: nothing changes. A row whose key exists
        with other values updates a client, and is refused for money.
        """
        require(self.caller.user, Right.SEE_MONEY)  # What stands against facts is told with what is known already.
        problems = Problems()
        try:
            tables = tables_of(request.data, problems)
            found = record_facts(tables=tables, source="api", by=self.caller.user, at=timezone.now(), problems=problems)
        except TooManyRows as refusal:
            raise TooLarge(sentence(refusal)) from refusal
        except FactsRefused as refusal:
            raise ManyRefused(sentence(refusal), list(map(_error, problems.shown)), problems.count) from refusal
        batch = found.batch.pk if found.batch else None
        return Response({"batch": batch, "read": found.read, "written": found.written})


def _error(problem: Any) -> dict[str, Any]:
    place = f"{problem.table}[{problem.line - 1}]" if problem.line else problem.table
    field = f"{place}.{problem.column}" if problem.column else place
    return {"field": field, "key": problem.key, "detail": f"{problem.wrong}; {problem.right}", "code": "invalid"}
