from typing import Any

from rest_framework import serializers

from affiliates.api.fields import Amount, Text
from affiliates.serializers import Shown
from commissions.serializers import MonthField
from payouts.models import PartnerInvoice, Payout, ReferralReport, Statement


class GateSerializer(serializers.Serializer[Any]):
    """One condition of a payout, how it stands, and what opens it."""

    name = serializers.CharField()
    clause = serializers.CharField()
    is_open = serializers.BooleanField()
    state = serializers.CharField()
    opened_by = serializers.CharField()
    is_partners = serializers.BooleanField(help_text="Whether the partner can open it.")


class PayoutSerializer(Shown):
    partner = serializers.CharField(source="partner.reference")
    period = MonthField(source="period_id")

    class Meta:
        model = Payout
        fields = (
            "id", "partner", "period", "amount", "state", "opened_at", "approved_at", "payable", "withheld", "paid_on",
        )  # fmt: skip
        read_only_fields = fields


class GatesSerializer(serializers.Serializer[Any]):
    payout = serializers.IntegerField()
    is_open = serializers.BooleanField(help_text="Whether all gates are open.")
    gates = GateSerializer(many=True)


class PresentSerializer(serializers.Serializer[Any]):
    note = Text(default="", max_length=5000)


class ReportSerializer(Shown):
    class Meta:
        model = ReferralReport
        fields = ("id", "payout", "lines", "note", "presented_at")
        read_only_fields = fields


class PartnerInvoiceSerializer(Shown):
    class Meta:
        model = PartnerInvoice
        fields = ("id", "payout", "number", "dated_on", "amount", "presented_at", "is_drawn", "sha256")
        read_only_fields = fields


class StatementSerializer(Shown):
    partner = serializers.CharField(source="partner.reference")
    period = MonthField(source="period_id")

    class Meta:
        model = Statement
        fields = (
            "id", "partner", "period", "dated_on", "opening", "commissions", "adjustments", "payouts", "closing",
            "sha256", "issued_at",
        )  # fmt: skip
        read_only_fields = fields


class ReadBackSerializer(serializers.Serializer[Any]):
    posted = Amount(help_text="What the run posts, read back.")
