from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from affiliates.api.fields import Text, Whole, YesNo
from affiliates.api.filters import MONTH
from affiliates.months import show_month
from affiliates.serializers import Shown
from commissions.models import Commission, Dispute, LedgerEntry, Period, Plan, Run, Tier


@extend_schema_field({"type": "string", "pattern": MONTH, "examples": ["2026-03"]})
class MonthField(serializers.Field[Any, Any, str, Any]):
    """A month as `2026-03`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def to_representation(self, value: Any) -> str:
        return show_month(value)


class TierSerializer(serializers.ModelSerializer[Tier]):
    class Meta:
        model = Tier
        fields = ("threshold", "rate")
        read_only_fields = fields


class PlanSerializer(Shown):
    tiers = TierSerializer(many=True)

    class Meta:
        model = Plan
        fields = ("id", "name", "is_standard", "tiers")
        read_only_fields = fields


class PeriodSerializer(Shown):
    period = MonthField(source="month", help_text="The month, like 2026-03.")
    closed = serializers.BooleanField(source="is_closed")

    class Meta:
        model = Period
        fields = ("period", "closed", "closed_at")
        read_only_fields = fields


class RunSerializer(Shown):
    period = MonthField(source="period_id")
    parts = serializers.SerializerMethodField(help_text="How many parts the run has.")
    parts_done = serializers.SerializerMethodField(help_text="How many of them are computed.")

    class Meta:
        model = Run
        fields = (
            "id", "period", "state", "is_full", "started_at", "finished_at", "posted", "posted_rows", "waiting",
            "waiting_rows", "parts", "parts_done", "error",
        )  # fmt: skip
        read_only_fields = fields

    def get_parts(self, run: Run) -> int:
        return len(run.parts.all())

    def get_parts_done(self, run: Run) -> int:
        return sum(part.done_at is not None for part in run.parts.all())


class NewRunSerializer(serializers.Serializer[Run]):
    period = serializers.RegexField(MONTH, help_text="The month, like 2026-03.")
    full = YesNo(required=False, default=False, help_text="Compute everything anew; the result must be the same.")


class CommissionSerializer(Shown):
    period = MonthField(source="period_id")
    service_month = MonthField()
    partner = serializers.CharField(source="partner.reference")
    client = serializers.CharField(source="client.reference")

    class Meta:
        model = Commission
        fields = (
            "id", "period", "partner", "client", "service_month", "state", "mrr", "rate", "base", "target",
            "posted_before", "amount", "waiting_until",
        )  # fmt: skip
        read_only_fields = fields


class LedgerEntrySerializer(Shown):
    partner = serializers.CharField(source="partner.reference")
    period = MonthField(source="period_id", allow_null=True)

    class Meta:
        model = LedgerEntry
        fields = ("id", "key", "partner", "period", "kind", "amount", "text", "dated_on", "recorded_at")
        read_only_fields = fields


class DisputeSerializer(Shown):
    partner = serializers.CharField(source="partner.reference")
    granted = serializers.DecimalField(
        source="adjustment.amount", max_digits=18, decimal_places=2, default=None, allow_null=True
    )

    class Meta:
        model = Dispute
        fields = ("id", "partner", "commission", "comment", "state", "opened_at", "answer", "answered_at", "granted")
        read_only_fields = fields


class NewDisputeSerializer(serializers.Serializer[Dispute]):
    commission = Whole(min_value=1, max_value=2**63 - 1)
    comment = Text(max_length=5000)


# -- Why a commission is what it is --


class Money(serializers.DecimalField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=18, decimal_places=None, **kwargs)


class ReversalFactSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    kind = serializers.CharField()
    amount = Money()
    occurred_on = serializers.DateField()


class SliceSerializer(serializers.Serializer[Any]):
    invoice = serializers.CharField()
    line = serializers.IntegerField()
    line_amount = Money()
    place = serializers.IntegerField()
    months = serializers.IntegerField()
    amount = Money()
    issued_on = serializers.DateField()
    collected_on = serializers.DateField()
    invoice_total = Money()
    reversals = ReversalFactSerializer(many=True)
    reversed = Money()
    net = Money()
    why_not = serializers.CharField()
    clause = serializers.CharField()


class ExcludedLineSerializer(serializers.Serializer[Any]):
    invoice = serializers.CharField()
    line = serializers.IntegerField()
    category = serializers.CharField()
    amount = Money()
    why_not = serializers.CharField()
    clause = serializers.CharField()


class ClientMonthSerializer(serializers.Serializer[Any]):
    client = serializers.CharField()
    amount = Money()


class TierStepSerializer(serializers.Serializer[Any]):
    threshold = Money()
    rate = Money()
    applies = serializers.BooleanField()


class PostingSerializer(serializers.Serializer[Any]):
    period = MonthField()
    amount = Money()
    commission = serializers.IntegerField(source="commission_id")


class ExplanationSerializer(serializers.Serializer[Any]):
    """Everything behind one commission: the facts, the clauses and the arithmetic."""

    commission = serializers.IntegerField(source="commission.pk")
    as_of = serializers.DateField()
    closed_on = serializers.DateField(allow_null=True)
    matured_on = serializers.DateField(allow_null=True)
    slices = SliceSerializer(many=True)
    excluded = ExcludedLineSerializer(many=True)
    base = Money()
    mrr = Money()
    mrr_by_client = ClientMonthSerializer(many=True)
    plan = serializers.CharField()
    tiers = TierStepSerializer(many=True)
    rate = Money()
    full_target = Money()
    target = Money()
    posted_before = PostingSerializer(many=True)
    amount = Money()
    agrees = serializers.BooleanField(help_text="Whether the facts, added up anew, give what was posted.")
    sentences = serializers.ListField(child=serializers.CharField())
