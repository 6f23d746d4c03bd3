"""Payouts with their gates, what partners present, and statements."""

from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django_filters.rest_framework import CharFilter, FilterSet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Scope
from accounts.rights import Right, require
from affiliates.api.door import Door, with_tag
from affiliates.api.fields import checked
from affiliates.api.filters import IdFilter, MonthFilter
from affiliates.api.problems import Refused
from affiliates.api.resource import Resource
from affiliates.months import parse_month, show_month
from commissions.models import Run
from commissions.serializers import PeriodSerializer
from commissions.services.post_period import PeriodCannotClose
from commissions.services.start_run import PeriodIsClosed
from payouts.gates import gates
from payouts.models import PartnerInvoice, Payout, ReferralReport, Statement, StatementState
from payouts.serializers import (
    GatesSerializer,
    PartnerInvoiceSerializer,
    PayoutSerializer,
    PresentSerializer,
    ReadBackSerializer,
    ReportSerializer,
    StatementSerializer,
)
from payouts.services.close_period import ShownOtherwise, close_period
from payouts.services.draw_invoice import InvoiceIsDrawn
from payouts.services.present_invoice import InvoiceComesTooLate, InvoiceIsPresented, InvoiceNumberIsTaken
from payouts.services.present_payout import DrawnInvoice, EverythingIsPresented, present_payout
from payouts.views.statement import open_statement


class PayoutsSought(FilterSet):  # type: ignore[misc]
    period = MonthFilter()
    partner = CharFilter(field_name="partner__reference")

    class Meta:
        model = Payout
        fields = ("state",)


class Payouts(Resource):
    """What closed months owe partners, on the way through the gates to the bank."""

    queryset = Payout.objects.select_related("partner")
    serializer_class = PayoutSerializer
    filterset_class = PayoutsSought
    ordering = ("-period_id", "-id")
    ordering_fields = ("id", "period")
    scope = Scope.PAYOUTS
    right = Right.SEE_MONEY
    after_the_end = ("present",)

    @extend_schema(responses=GatesSerializer)
    @action(detail=True)
    def gates(self, request: Request, pk: str) -> Response:
        """What a payout waits for: every condition with its clause, how it stands, and what opens it."""
        payout = self.get_object()
        found = gates(payout, at=timezone.now())
        shown = {"payout": payout.pk, "is_open": all(gate.is_open for gate in found), "gates": found}
        return with_tag(request, Response(GatesSerializer(shown).data))

    @extend_schema(request=PresentSerializer, responses=PayoutSerializer)
    @action(detail=True, methods=["post"])
    def present(self, request: Request, pk: str) -> Response:
        """Present the referral report, and the invoice that the portal draws, for a partner's key."""
        payout = self.get_object()
        if self.caller.partner is None:
            raise PermissionDenied("Partners present; this is for a partner's key.")
        said = checked(PresentSerializer(data=request.data))
        try:
            self.caller.do(
                present_payout,
                payout=payout,
                note=said["note"],
                invoice=DrawnInvoice(),
                by=self.caller.user,
                at=timezone.now(),
            )
        except (
            EverythingIsPresented, InvoiceComesTooLate, InvoiceIsDrawn, InvoiceIsPresented, InvoiceNumberIsTaken,
        ) as refusal:  # fmt: skip
            raise Refused(refusal) from refusal
        return Response(PayoutSerializer(get_object_or_404(self.get_queryset(), pk=payout.pk)).data)


class OfAPayout(FilterSet):  # type: ignore[misc]
    payout = IdFilter(field_name="payout_id")


class Reports(Resource):
    """Referral reports as partners presented them."""

    queryset = ReferralReport.objects.all()
    serializer_class = ReportSerializer
    filterset_class = OfAPayout
    partner_field = "payout__partner"
    right = Right.SEE_MONEY


class PartnerInvoices(Resource):
    """Partners' invoices; of several of a payout the newest counts."""

    queryset = PartnerInvoice.objects.all()
    serializer_class = PartnerInvoiceSerializer
    filterset_class = OfAPayout
    partner_field = "payout__partner"
    right = Right.SEE_MONEY


class StatementsSought(FilterSet):  # type: ignore[misc]
    period = MonthFilter()
    partner = CharFilter(field_name="partner__reference")

    class Meta:
        model = Statement
        fields = ()


class Statements(Resource):
    """Statements that were issued."""

    queryset = Statement.objects.filter(state=StatementState.ISSUED).select_related("partner")
    serializer_class = StatementSerializer
    filterset_class = StatementsSought
    ordering = ("-period_id", "-id")
    ordering_fields = ("id", "period")
    right = Right.SEE_MONEY

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    @action(detail=True)
    def pdf(self, request: Request, pk: str) -> HttpResponseBase:
        """The statement as the document that was issued."""
        return open_statement(self.get_object())


class ClosePeriod(Door):
    """Closing a month, for the company's keys."""

    scope = Scope.MONTHS
    for_partners = False

    @extend_schema(request=ReadBackSerializer, responses=PeriodSerializer, operation_id="periods_close")
    def post(self, request: Request, period: str) -> Response:
        """Close a month: its run becomes final, enters the ledger and opens the payouts. The total is read back."""
        try:
            month = parse_month(period)
        except ValueError as error:
            raise Http404 from error
        require(self.caller.user, Right.RUN_MONTHS)  # Before the run's total is told.
        said = checked(ReadBackSerializer(data=request.data))
        run = get_object_or_404(Run, period=month)
        if said["posted"] != run.posted:
            raise Refused(
                f"The run of {show_month(month)} posts {run.posted}, and not {said['posted']}: read it again",
                field="posted",
                code="read_otherwise",
            )
        try:
            closed = close_period(month=month, by=self.caller.user, at=timezone.now(), seen=run.mark)
        except (PeriodIsClosed, PeriodCannotClose, ShownOtherwise) as refusal:
            raise Refused(refusal, code="cannot_close") from refusal
        return Response(PeriodSerializer(closed.period).data)
