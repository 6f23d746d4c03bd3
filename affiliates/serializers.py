from typing import Any

from rest_framework import serializers

from affiliates.api.pages import SparseFields
from affiliates.models import Acceptance, AgreementVersion, Partner


class Shown(SparseFields, serializers.ModelSerializer[Any]):
    """A thing as the API shows it; nothing is written through it."""


class PartnerSerializer(Shown):
    partner = serializers.CharField(source="reference", help_text="The partner's key.")

    terminated_by = serializers.CharField(help_text="“partner” or “company”, empty while it goes on.")

    class Meta:
        model = Partner
        fields = (
            "id", "partner", "name", "kind", "email", "address", "joined_on", "terminated_on", "terminated_by",
        )  # fmt: skip
        read_only_fields = fields


class AgreementSerializer(Shown):
    sha256 = serializers.CharField(help_text="SHA-256 of the text.")

    class Meta:
        model = AgreementVersion
        fields = ("id", "number", "title", "text", "sha256", "published_at")
        read_only_fields = fields


class AcceptanceSerializer(Shown):
    partner = serializers.CharField(source="partner.reference")
    version = serializers.CharField(source="version.number")

    class Meta:
        model = Acceptance
        fields = ("id", "partner", "version", "name", "partner_name", "email", "at")
        read_only_fields = fields
