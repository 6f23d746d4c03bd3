"""Plans, months and their runs, commissions with their reasons, the ledger, disputes."""

from collections.abc import Mapping
from typing import Any, cast

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django_filters.rest_framework import CharFilter, FilterSet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Scope
from accounts.rights import Right
from affiliates.api.door import with_tag
from affiliates.api.fields import checked
from affiliates.api.filters import DayFilter, IdFilter, MonthFilter
from affiliates.api.problems import Refused
from affiliates.api.resource import Resource
from affiliates.months import parse_month
from commissions.explanation import explain
from commissions.models import Commission, Dispute, LedgerEntry, Period, Plan, Run
from commissions.models.commission import CommissionQuerySet
from commissions.models.period import PeriodQuerySet
from commissions.serializers import (
    CommissionSerializer,
    DisputeSerializer,
    ExplanationSerializer,
    LedgerEntrySerializer,
    NewDisputeSerializer,
    NewRunSerializer,
    PeriodSerializer,
    PlanSerializer,
    RunSerializer,
)
from commissions.services.open_dispute import DisputeIsOpen, MonthIsOpen, open_dispute
from commissions.services.start_run import PeriodIsClosed, start_run
from commissions.tasks import send_parts


class CommissionsSought(FilterSet):  # type: ignore[misc]
    period = MonthFilter()
    service_month = MonthFilter()
    partner = CharFilter(field_name="partner__reference")
    client = CharFilter(field_name="client__reference")

    class Meta:
        model = Commission
        fields = ("state",)


class EntriesSought(FilterSet):  # type: ignore[misc]
    period = MonthFilter()
    partner = CharFilter(field_name="partner__reference")
    since = DayFilter(field_name="dated_on", lookup_expr="gte")
    until = DayFilter(field_name="dated_on", lookup_expr="lte")

    class Meta:
        model = LedgerEntry
        fields = ("kind",)


class DisputesSought(FilterSet):  # type: ignore[misc]
    commission = IdFilter(field_name="commission_id")

    class Meta:
        model = Dispute
        fields = ("state",)


class Plans(Resource):
    """Commission schedules."""

    queryset = Plan.objects.prefetch_related("tiers")
    serializer_class = PlanSerializer
    partner_field = ""
    right = Right.SEE_MONEY


class Periods(Resource):
    """Months, by `2026-03`: a partner sees those that its pages show."""

    queryset = Period.objects.all()
    serializer_class = PeriodSerializer
    lookup_url_kwarg, lookup_value_regex = "period", "[0-9]{4}-[0-9]{2}"
    ordering = ("-month",)
    ordering_fields = ("period",)
    columns: Mapping[str, str] = {"period": "month"}
    partner_field = ""
    right = Right.SEE_MONEY

    def get_queryset(self) -> "QuerySet[Period]":
        rows = cast(PeriodQuerySet, super().get_queryset())
        return rows if getattr(self, "swagger_fake_view", False) or self.caller.partner is None else rows.shown()

    def get_object(self) -> Period:
        try:
            month = parse_month(self.kwargs["period"])
        except ValueError as error:
            raise Http404 from error
        return get_object_or_404(self.get_queryset(), month=month)


class Runs(Resource):
    """Computations of months, for the company's keys."""

    queryset = Run.objects.prefetch_related("parts")
    serializer_class = RunSerializer
    filterset_fields = ("state",)
    ordering = ("-period_id",)
    ordering_fields = ("id", "period")
    partner_field = ""
    for_partners = False
    scope = Scope.MONTHS
    right = Right.SEE_MONEY

    @extend_schema(request=NewRunSerializer, responses={202: RunSerializer})
    def create(self, request: Request) -> Response:
        """Compute a month, by the workers: read the run until it is `done`. Nothing is final before the close."""
        said = checked(NewRunSerializer(data=request.data))
        try:
            month = parse_month(said["period"])
        except ValueError as error:
            raise ValidationError({"period": [str(error)]}) from error
        try:
            run = start_run(month=month, by=self.caller.user, at=timezone.now(), full=said["full"])
        except PeriodIsClosed as refusal:
            raise Refused(refusal, field="period", code="period_is_closed") from refusal
        send_parts(run)
        where = request.build_absolute_uri(f"{request.path}{run.pk}/")
        return Response(RunSerializer(run).data, status=status.HTTP_202_ACCEPTED, headers={"Location": where})


class Commissions(Resource):
    """Amounts that were posted or wait: those of closed months, and of the newest month as computed last."""

    queryset = Commission.objects.select_related("partner", "client")
    serializer_class = CommissionSerializer
    filterset_class = CommissionsSought
    ordering_fields = ("id", "period", "service_month")
    right = Right.SEE_MONEY

    def get_queryset(self) -> "QuerySet[Commission]":
        rows = cast(CommissionQuerySet, super().get_queryset())
        return rows if getattr(self, "swagger_fake_view", False) else rows.standing(Period.objects.newest())

    @extend_schema(responses=ExplanationSerializer)
    @action(detail=True)
    def explain(self, request: Request, pk: str) -> Response:
        """Why a commission is what it is: the facts, the clauses and the arithmetic."""
        return with_tag(request, Response(ExplanationSerializer(explain(self.get_object())).data))


class Ledger(Resource):
    """What partners' balances are made of."""

    queryset = LedgerEntry.objects.select_related("partner")
    serializer_class = LedgerEntrySerializer
    filterset_class = EntriesSought
    ordering_fields = ("id", "dated_on")
    right = Right.SEE_MONEY


class Disputes(Resource):
    """Amounts that partners hold to be wrong, and what finance answered."""

    queryset = Dispute.objects.select_related("partner", "adjustment")
    serializer_class = DisputeSerializer
    filterset_class = DisputesSought
    scope = Scope.PAYOUTS
    right = Right.SEE_MONEY

    @extend_schema(request=NewDisputeSerializer, responses={201: DisputeSerializer})
    def create(self, request: Request) -> Response:
        """Dispute an amount of a closed month, for partners' keys."""
        if self.caller.partner is None:
            raise PermissionDenied("Partners dispute; this is for a partner's key.")
        said = checked(NewDisputeSerializer(data=request.data))
        find: dict[str, Any] = {"pk": said["commission"], "partner": self.caller.partner}
        commission = get_object_or_404(Commission, **find)
        try:
            dispute = self.caller.do(
                open_dispute,
                partner=self.caller.partner,
                commission_id=commission.pk,
                comment=said["comment"],
                files=(),
                by=self.caller.user,
                at=timezone.now(),
            )
        except (MonthIsOpen, DisputeIsOpen) as refusal:
            raise Refused(refusal, field="commission") from refusal
        where = request.build_absolute_uri(f"{request.path}{dispute.pk}/")
        return Response(DisputeSerializer(dispute).data, status=status.HTTP_201_CREATED, headers={"Location": where})
