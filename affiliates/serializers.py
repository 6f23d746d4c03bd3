from typing import Any

from rest_framework import serializers

from affiliates.api.fields import Moment, Text, YesNo
from affiliates.api.pages import SparseFields
from affiliates.models import Acceptance, AgreementVersion, Partner
from notices.models import Event, EventKind, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from notices.models.webhook import LONGEST_ADDRESS


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


class EventSerializer(Shown):
    message_id = serializers.CharField(help_text="The `webhook-id` under which it is sent.")

    class Meta:
        model = Event
        fields = ("id", "message_id", "kind", "subject", "at", "data")
        read_only_fields = fields


class EndpointSerializer(Shown):
    class Meta:
        model = WebhookEndpoint
        fields = ("id", "url", "kinds", "is_on", "why_off", "off_at", "made_at", "previous_until")
        read_only_fields = fields


class SecretSerializer(serializers.Serializer[Any]):
    endpoint = EndpointSerializer()
    secret = serializers.CharField(
        allow_null=True, help_text="What signs the messages; null where an answer is given again."
    )


class NewEndpointSerializer(serializers.Serializer[Any]):
    url = Text(max_length=LONGEST_ADDRESS, help_text="An https address on the public internet.")
    kinds = serializers.ListField(
        child=serializers.ChoiceField([kind for kind in EventKind.choices if kind[0] != EventKind.TEST]),
        required=False, default=list, max_length=len(EventKind),
        help_text="None is everything, also what is added later.",
    )  # fmt: skip


class SwitchSerializer(serializers.Serializer[Any]):
    is_on = YesNo()


class SinceSerializer(serializers.Serializer[Any]):
    since = Moment(help_text="With its offset, like 2026-03-01T00:00:00Z.")


class SentAgainSerializer(serializers.Serializer[Any]):
    events = serializers.IntegerField(help_text="How many events are sent again.")


class AttemptSerializer(Shown):
    class Meta:
        model = WebhookAttempt
        fields = ("at", "answered", "milliseconds", "said")
        read_only_fields = fields


class DeliverySerializer(Shown):
    kind = serializers.CharField(source="event.kind")
    event = serializers.IntegerField(source="event_id")
    attempts = AttemptSerializer(many=True, source="last_attempts")

    class Meta:
        model = WebhookDelivery
        fields = ("id", "endpoint", "event", "kind", "subject", "state", "tries", "next_at", "delivered_at", "attempts")
        read_only_fields = fields
