from typing import Any

from rest_framework import serializers

from affiliates.serializers import Shown
from clients.models import Client, Invoice, InvoiceLine, Payment, Reversal


class ClientSerializer(Shown):
    client = serializers.CharField(source="reference", help_text="The client's key.")
    partner = serializers.CharField(source="partner.reference")

    class Meta:
        model = Client
        fields = (
            "id", "client", "partner", "lead", "name", "domain", "closed_on", "canceled_on", "contract_months",
        )  # fmt: skip
        read_only_fields = fields


class LineSerializer(serializers.ModelSerializer[InvoiceLine]):
    line = serializers.IntegerField(source="number")

    class Meta:
        model = InvoiceLine
        fields = ("line", "category", "amount", "service_from", "service_months")
        read_only_fields = fields


class InvoiceSerializer(Shown):
    invoice = serializers.CharField(source="reference", help_text="The invoice's key.")
    client = serializers.CharField(source="client.reference")
    lines = LineSerializer(many=True)

    class Meta:
        model = Invoice
        fields = ("id", "invoice", "client", "issued_on", "total", "lines")
        read_only_fields = fields


class PaymentSerializer(Shown):
    payment = serializers.CharField(source="reference", help_text="The payment's key.")
    invoice = serializers.CharField(source="invoice.reference")

    class Meta:
        model = Payment
        fields = ("id", "payment", "invoice", "amount", "received_on")
        read_only_fields = fields


class ReversalSerializer(Shown):
    reversal = serializers.CharField(source="reference", help_text="The reversal's key.")
    payment = serializers.CharField(source="payment.reference")

    class Meta:
        model = Reversal
        fields = ("id", "reversal", "payment", "kind", "amount", "occurred_on")
        read_only_fields = fields


# What comes in is text, exactly as in the files: `clients.recording` checks every value, and says what would be right.


class ClientFact(serializers.Serializer[Any]):
    client = serializers.CharField()
    partner = serializers.CharField()
    name = serializers.CharField()
    domain = serializers.CharField(required=False, allow_blank=True)
    closed_on = serializers.CharField()
    canceled_on = serializers.CharField(required=False, allow_blank=True, allow_null=True)


class LineFact(serializers.Serializer[Any]):
    line = serializers.IntegerField()
    category = serializers.CharField()
    amount = serializers.CharField()
    service_from = serializers.CharField(required=False, allow_blank=True, allow_null=True)
    service_months = serializers.IntegerField(required=False, allow_null=True)


class InvoiceFact(serializers.Serializer[Any]):
    invoice = serializers.CharField()
    client = serializers.CharField()
    issued_on = serializers.CharField()
    lines = LineFact(many=True)


class PaymentFact(serializers.Serializer[Any]):
    payment = serializers.CharField()
    invoice = serializers.CharField()
    amount = serializers.CharField()
    received_on = serializers.CharField()


class ReversalFact(serializers.Serializer[Any]):
    reversal = serializers.CharField()
    payment = serializers.CharField()
    kind = serializers.CharField()
    amount = serializers.CharField()
    occurred_on = serializers.CharField()


class FactsSerializer(serializers.Serializer[Any]):
    """Facts as the program's files have them, invoices with their lines inside; up to 10,000 rows together."""

    clients = ClientFact(many=True, required=False)
    invoices = InvoiceFact(many=True, required=False)
    payments = PaymentFact(many=True, required=False)
    reversals = ReversalFact(many=True, required=False)


class RecordedSerializer(serializers.Serializer[Any]):
    batch = serializers.IntegerField(allow_null=True, help_text="The recording's number; null where nothing was new.")
    read = serializers.DictField(child=serializers.IntegerField())
    written = serializers.DictField(child=serializers.IntegerField())
