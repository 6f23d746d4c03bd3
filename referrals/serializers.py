from rest_framework import serializers

from affiliates.api.fields import Text, Whole, YesNo
from affiliates.serializers import Shown
from referrals.models import Click, Conflict, Lead, Link
from referrals.models.lead import Crm, Stage


class LeadSerializer(Shown):
    partner = serializers.CharField(source="partner.reference")
    link = serializers.CharField(source="link.code", default=None, allow_null=True)
    crm = serializers.CharField(help_text="Empty where the partner did not say.")
    under_review = serializers.BooleanField(source="is_under_review")

    class Meta:
        model = Lead
        fields = (
            "id", "partner", "company", "domain", "contact", "email", "agents", "employees", "crm", "note", "channel",
            "link", "stage", "under_review", "registered_on", "protected_until",
        )  # fmt: skip
        read_only_fields = fields


class NewLeadSerializer(serializers.Serializer[Lead]):
    """A lead to be registered; a partner's key names no partner, a key of the company has to."""

    partner = Text(required=False, max_length=64)
    company = Text(max_length=200)
    contact = Text(max_length=200)
    email = serializers.EmailField(max_length=254)
    domain = Text(default="", max_length=253)
    agents = Whole(required=False, allow_null=True, default=None, min_value=0, max_value=10**6)
    employees = Whole(required=False, allow_null=True, default=None, min_value=0, max_value=10**6)
    crm = serializers.ChoiceField(choices=Crm.choices, required=False, allow_blank=True, default="")
    note = Text(default="", max_length=5000)
    attested = YesNo(
        help_text="The company is interested and not known to violate TCPA, FTC, FCC or DNC rules (14, A)."
    )
    click = Text(default="", max_length=40,
        help_text="What the visitor's click carried to the site: the value of the cookie.",
    )  # fmt: skip


class MoveSerializer(serializers.Serializer[Lead]):
    stage = serializers.ChoiceField(choices=Stage.choices)
    reason = Text(default="", max_length=2000)
    seen = serializers.ChoiceField(
        choices=Stage.choices, required=False, allow_null=True, default=None,
        help_text="The stage that the lead had when it was looked at: with another one by now, nothing moves.",
    )  # fmt: skip


class ConflictSerializer(Shown):
    class Meta:
        model = Conflict
        fields = ("id", "lead", "first", "kind", "known_as", "recognised_by", "at", "state", "decided_at", "reason")
        read_only_fields = fields


class LinkSerializer(Shown):
    partner = serializers.CharField(source="partner.reference")
    is_on = serializers.BooleanField()

    class Meta:
        model = Link
        fields = ("id", "partner", "code", "name", "destination", "sub_id", "created_at", "is_on")
        read_only_fields = fields


class NewLinkSerializer(serializers.Serializer[Link]):
    name = Text(max_length=120)
    destination = serializers.URLField(max_length=500)
    code = Text(default="", max_length=40)
    sub_id = Text(default="", max_length=60)


class ClickSerializer(Shown):
    link = serializers.CharField(source="link.code")

    class Meta:
        model = Click
        fields = ("id", "link", "at", "referrer", "is_probe")
        read_only_fields = fields
