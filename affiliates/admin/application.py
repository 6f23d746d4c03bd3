from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone

from accounts.admin_parts import Column, ListAdmin, Narrowed, badge, leads_to, link
from accounts.models import User
from affiliates.models import Application, Invitation, Partner
from affiliates.models.application import ApplicationState
from affiliates.models.partner import MemberRole
from affiliates.services.invite import invite
from affiliates.services.move_application import ApplicationRefused, approve_application, decline_application

APPROVE, DECLINE = "approve", "decline"


class DecisionForm(forms.ModelForm):  # type: ignore[type-arg]
    """Approve, or decline with the reason that the applicant is told."""

    decision = forms.ChoiceField(
        choices=[(APPROVE, "Approve: they become a partner and are invited as its owner"), (DECLINE, "Decline")],
        widget=forms.RadioSelect,
    )

    class Meta:
        model = Application
        fields = ("reason",)
        help_texts = {"reason": "The applicant is told it when declined."}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("decision") == DECLINE and not str(cleaned.get("reason", "")).strip():
            self.add_error("reason", "Write the reason: the applicant is told it.")
        return cleaned


@admin.register(Application)
class ApplicationAdmin(ListAdmin[Application]):
    """Applications are decided here, once the applicant has confirmed the e-mail address."""

    form = DecisionForm
    list_display = ("company", badge("state"), badge("kind"), "name", "email", "applied_at", link("partner"))
    list_filter = ("state", "kind")
    list_select_related = ("partner",)
    search_fields = ("company", "name", "email")
    said = ("kind", "company", "site", "name", "email", "audience", "promotion")
    standing = ("state", "applied_at", "verified_at", "decided_at", "decided_by", "partner")

    def get_fieldsets(self, request: HttpRequest, obj: Application | None = None) -> Any:
        fields: tuple[str, ...] = ("reason",)
        if self.has_change_permission(request, obj):
            fields = ("decision", "reason")
        return (
            (None, {"fields": self.said}),
            ("How it stands", {"fields": self.standing}),
            ("The decision", {"fields": fields}),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Application | None = None) -> list[str]:
        return [*self.said, *self.standing]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Application | None = None) -> bool:
        may = super().has_change_permission(request, obj)
        return may and obj is not None and obj.state == ApplicationState.VERIFIED

    def has_delete_permission(self, request: HttpRequest, obj: Application | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Application, form: Any, change: bool) -> None:
        by, at = cast(User, request.user), timezone.now()
        try:
            if form.cleaned_data["decision"] == APPROVE:
                approve_application(application=obj, by=by, at=at)
            else:
                decline_application(application=obj, reason=form.cleaned_data["reason"], by=by, at=at)
        except ApplicationRefused as refusal:
            self.message_user(request, f"{refusal}.", messages.ERROR)

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        return [{"changed": {"fields": [form.cleaned_data["decision"]]}}]


class InvitationForm(forms.ModelForm):  # type: ignore[type-arg]
    role = forms.ChoiceField(choices=MemberRole.choices, initial=MemberRole.OWNER)

    class Meta:
        model = Invitation
        fields = ("partner", "email", "name", "role")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        partner, email = cleaned.get("partner"), cleaned.get("email")
        if partner and email and partner.memberships.filter(user__email__iexact=email).exists():
            self.add_error("email", f"{email} belongs to {partner} already.")
        return cleaned

    def validate_constraints(self) -> None:
        """An earlier invitation of the same address is withdrawn by the new one."""


INVITATION_STATE = Column(
    "invitation_state",
    lambda row: (
        "Accepted"
        if row.accepted_at
        else "Withdrawn"
        if row.withdrawn_at
        else "Expired"
        if row.expires_at <= timezone.now()
        else "Waiting"
    ),
    "state",
)


@admin.register(Invitation)
class InvitationAdmin(ListAdmin[Invitation]):
    """Somebody is invited by adding an invitation; partners' owners withdraw theirs themselves."""

    form = InvitationForm
    list_display = ("email", link("partner"), badge("role"), INVITATION_STATE, "invited_at", "expires_at")
    list_filter = ("role", ("partner", Narrowed))
    list_select_related = ("partner",)
    search_fields = ("email", "partner__name")
    autocomplete_fields = ("partner",)

    def get_fields(self, request: HttpRequest, obj: Invitation | None = None) -> Any:
        invited = ("partner", "email", "name", "role")
        if obj is None:
            return invited
        return (*invited, INVITATION_STATE, "invited_by", "invited_at", "expires_at", "accepted_by", "accepted_at")

    def has_change_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Invitation, form: Any, change: bool) -> None:
        made = invite(
            partner=obj.partner,
            email=obj.email,
            name=obj.name,
            role=MemberRole(obj.role),
            by=cast(User, request.user),
            at=timezone.now(),
        )
        obj.pk = made.pk


leads_to(Partner, Invitation, partner__id__exact="pk")
