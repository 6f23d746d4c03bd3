from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from accounts.admin_parts import (
    AddOnlyAdmin,
    Column,
    Narrowed,
    PortalAdmin,
    ReadOnlyAdmin,
    ReadOnlyInline,
    badge,
    leads_to,
    link,
)
from accounts.models import User
from affiliates.models import Partner
from referrals.models import (
    BlockedDomain,
    Click,
    Conflict,
    Demo,
    Enquiry,
    Lead,
    LeadCount,
    LeadFile,
    LeadMessage,
    LeadNote,
    LeadRequest,
    LeadStep,
    LeadWork,
    Link,
    PartnerRep,
    Rep,
    Team,
)
from referrals.models.conversation import RequestState
from referrals.services.answer_partner import answer_partner
from referrals.services.answer_request import RequestIsAnswered, decline_request, grant_request
from referrals.services.extend_protection import CannotBeExtended

PROFILE = Column(
    "profile",
    lambda lead: "Outside: to be reviewed" if lead.is_outside_profile() else "Within, as far as is known",
    "the program's profile",
)


class LeadStepInline(ReadOnlyInline[LeadStep, Lead]):
    model = LeadStep
    fields = ("at", badge("stage"), link("by"), "reason")
    verbose_name_plural = "history"

    def get_queryset(self, request: HttpRequest) -> QuerySet[LeadStep]:
        return super().get_queryset(request).select_related("by")


@admin.register(Lead)
class LeadAdmin(PortalAdmin[Lead]):
    """Who to talk to is put right here; the stage moves with its history, through the sales pipeline."""

    list_display = (
        "company",
        link("partner"),
        badge("stage"),
        "contact",
        "channel",
        "registered_on",
        "protected_until",
    )
    list_filter = ("stage", "channel", ("registered_on", admin.DateFieldListFilter), ("partner", Narrowed))
    list_select_related = ("partner",)
    search_fields = ("company", "domain", "email", "contact")
    fieldsets = (
        (None, {"fields": ("company", "domain", "partner", "stage", "contact", "email")}),
        ("Size", {"fields": ("agents", "employees", PROFILE, "crm")}),
        (None, {"fields": ("note",)}),
        (
            "Registration",
            {"fields": ("channel", "registered_on", "registered_by", "protected_until", "is_attested")},
        ),
    )
    readonly_fields = (
        "company", "domain", "email", "partner", "stage",
        "channel", "registered_on", "registered_by", "protected_until", "is_attested",
    )  # fmt: skip
    inlines = (LeadStepInline,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Lead | None = None) -> bool:
        return False


@admin.register(LeadStep)
class LeadStepAdmin(ReadOnlyAdmin[LeadStep]):
    list_display = ("at", link("lead"), badge("stage"), link("by"), "reason")
    list_filter = ("stage", ("lead", Narrowed))
    list_select_related = ("lead", "by")
    search_fields = ("lead__company",)
    ordering = ("-id",)
    fields = ("lead", "stage", "at", "by", "reason")


ANSWER = Column(
    "answer",
    lambda message: (
        ""
        if message.is_from_sales
        else format_html('<a href="{}?lead={}">Answer</a>', reverse("admin:referrals_leadmessage_add"), message.lead_id)
    ),
    "",
)


@admin.register(LeadMessage)
class LeadMessageAdmin(AddOnlyAdmin[LeadMessage]):
    """What partners ask about their leads; adding one here answers."""

    list_display = ("at", link("lead"), link("lead__partner"), "is_from_sales", "text", ANSWER)
    list_filter = ("is_from_sales", ("lead", Narrowed), ("lead__partner", Narrowed))
    list_select_related = ("lead__partner",)
    search_fields = ("lead__company", "text")
    raw_id_fields = ("lead",)

    def get_fields(self, request: HttpRequest, obj: LeadMessage | None = None) -> Any:
        return ("lead", "is_from_sales", "text", "at", "by") if obj else ("lead", "text")

    def save_model(self, request: HttpRequest, obj: LeadMessage, form: Any, change: bool) -> None:
        made = answer_partner(lead=obj.lead, text=obj.text, by=cast(User, request.user), at=timezone.now())
        obj.pk, obj.at = made.pk, made.at


class AnswerForm(forms.ModelForm):  # type: ignore[type-arg]
    decision = forms.ChoiceField(
        choices=[("", "Choose"), (RequestState.GRANTED, "Grant it"), (RequestState.DECLINED, "Decline it")]
    )
    until = forms.DateField(
        label="protected until",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="For a longer protection that is granted.",
    )

    class Meta:
        model = LeadRequest
        fields = ("answer",)
        help_texts = {"answer": "The partner sees it."}


@admin.register(LeadRequest)
class LeadRequestAdmin(PortalAdmin[LeadRequest]):
    """What partners ask for; it is granted or declined on its page, once."""

    form = AnswerForm
    list_display = ("at", link("lead"), link("lead__partner"), badge("wish"), badge("state"), "text", "answered_at")
    list_display_links = ("at",)
    list_filter = ("state", "wish", ("lead", Narrowed), ("lead__partner", Narrowed))
    list_select_related = ("lead__partner",)
    search_fields = ("lead__company", "text")
    asked = ("lead", "wish", "text", "at", "by", "state")
    answered = ("answer", "answered_at", "answered_by")

    def get_fields(self, request: HttpRequest, obj: LeadRequest | None = None) -> Any:
        may_answer = self.has_change_permission(request, obj)
        return (*self.asked, "decision", "until", "answer") if may_answer else (*self.asked, *self.answered)

    def get_readonly_fields(self, request: HttpRequest, obj: LeadRequest | None = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), *self.asked]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: LeadRequest | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: LeadRequest | None = None) -> bool:
        is_open = obj is None or obj.state == RequestState.OPEN
        return is_open and super().has_change_permission(request, obj)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except (RequestIsAnswered, CannotBeExtended) as error:
            self.message_user(request, f"{error}.", messages.ERROR)
            return HttpResponseRedirect(request.path)

    def save_model(self, request: HttpRequest, obj: LeadRequest, form: Any, change: bool) -> None:
        by, at, answer = cast(User, request.user), timezone.now(), form.cleaned_data["answer"]
        if form.cleaned_data["decision"] == RequestState.GRANTED:
            grant_request(request=obj, until=form.cleaned_data["until"], answer=answer, by=by, at=at)
        else:
            decline_request(request=obj, answer=answer, by=by, at=at)


@admin.register(Conflict)
class ConflictAdmin(ReadOnlyAdmin[Conflict]):
    """Registrations against which something stands, for sales to decide on."""

    list_display = (
        "at",
        badge("kind"),
        link("lead", "later lead"),
        link("lead__partner", "later partner"),
        link("first", "first lead"),
        link("first__partner", "first partner"),
        badge("recognised_by"),
        badge("state"),
    )
    list_display_links = ("at",)
    list_filter = ("state", "kind", "recognised_by", ("lead", Narrowed), ("first", Narrowed))
    list_select_related = ("lead__partner", "first__partner")
    search_fields = ("lead__company", "first__company", "lead__domain")
    fields = ("lead", "kind", "first", "known_as", "recognised_by", "at", "state", "reason", "decided_by", "decided_at")


@admin.register(LeadNote)
class LeadNoteAdmin(ReadOnlyAdmin[LeadNote]):
    list_display = ("at", link("lead"), link("by"), "text")
    list_filter = (("lead", Narrowed), ("by", Narrowed))
    list_select_related = ("lead", "by")
    search_fields = ("lead__company", "text")
    fields = ("lead", "text", "at", "by")


@admin.register(Demo)
class DemoAdmin(ReadOnlyAdmin[Demo]):
    list_display = (link("lead"), "at", "partner_joins", link("planned_by"), "planned_at")
    list_display_links = ("at",)
    list_filter = ("partner_joins", ("lead", Narrowed))
    list_select_related = ("lead", "planned_by")
    search_fields = ("lead__company",)
    fields = ("lead", "at", "partner_joins", "planned_by", "planned_at")


@admin.register(BlockedDomain)
class BlockedDomainAdmin(ReadOnlyAdmin[BlockedDomain]):
    """The list is kept on a page of its own, beside the conflicts."""

    list_display = ("domain", "reason", "at", link("by"))
    list_filter = (("by", Narrowed),)
    list_select_related = ("by",)
    search_fields = ("domain", "reason")
    fields = ("domain", "reason", "at", "by")


@admin.register(LeadFile)
class LeadFileAdmin(ReadOnlyAdmin[LeadFile]):
    list_display = ("at", "name", link("partner"), link("by"), "registered_at", "registered")
    list_filter = (("partner", Narrowed),)
    list_select_related = ("partner", "by")
    search_fields = ("name", "partner__name")
    fields = ("name", "partner", "at", "by", "registered_at", "registered")


@admin.register(Link)
class LinkAdmin(ReadOnlyAdmin[Link]):
    list_display = ("code", "name", link("partner"), "destination", "sub_id", "created_at", "off_since")
    list_filter = (("partner", Narrowed),)
    list_select_related = ("partner",)
    search_fields = ("code", "name", "sub_id", "partner__name")
    fields = ("code", "name", "partner", "destination", "sub_id", "created_at", "off_since")


@admin.register(Click)
class ClickAdmin(ReadOnlyAdmin[Click]):
    list_display = ("at", link("link"), link("link__partner"), "referrer", "agent", "is_probe")
    list_filter = (("link", Narrowed), ("link__partner", Narrowed))
    list_select_related = ("link__partner",)
    search_fields = ("=link__code", "=token")
    fields = ("link", "at", "token", "visitor", "is_probe", "referrer", "agent")


@admin.register(Enquiry)
class EnquiryAdmin(ReadOnlyAdmin[Enquiry]):
    list_display = ("asked_at", "company", "contact", "email", link("link"), "confirmed_at", link("lead"))
    list_filter = (("link", Narrowed), "confirmed_at")
    list_select_related = ("link", "lead")
    search_fields = ("company", "email")
    fields = ("link", "click", "company", "contact", "email", "agents", "consent", "asked_at", "confirmed_at", "lead")


@admin.register(LeadWork)
class LeadWorkAdmin(ReadOnlyAdmin[LeadWork]):
    """What sales alone knows of leads; it is worked with on the board."""

    list_display = (link("lead"), link("owner"), "expected_mrr", "next_step", "next_step_on", "touched_at")
    list_display_links = ("touched_at",)
    list_filter = (("owner", Narrowed), ("lead", Narrowed))
    list_select_related = ("lead", "owner__user")
    search_fields = ("lead__company", "next_step")
    ordering = ("-lead_id",)
    fields = (
        "lead", "owner", "expected_mrr", "next_step", "next_step_on", "touched_at", "stage_since", "released_on",
    )  # fmt: skip


@admin.register(LeadCount)
class LeadCountAdmin(ReadOnlyAdmin[LeadCount]):
    """What partners' overviews add up; PostgreSQL keeps it."""

    list_display = (link("partner"), "stage", "leads")
    list_display_links = ("leads",)
    list_filter = (("partner", Narrowed),)
    list_select_related = ("partner",)
    search_fields = ("partner__name",)
    ordering = ("-id",)
    fields = ("partner", "stage", "leads")


@admin.register(Rep)
class RepAdmin(ReadOnlyAdmin[Rep]):
    list_display = ("user", link("team"), "is_active", "turn")
    list_filter = ("is_active", "team")
    list_select_related = ("user", "team")
    search_fields = ("user__name", "user__email")
    ordering = ("pk",)
    fields = ("user", "team", "is_active", "turn")


@admin.register(Team)
class TeamAdmin(ReadOnlyAdmin[Team]):
    list_display = ("name",)
    search_fields = ("name",)
    fields = ("name",)


@admin.register(PartnerRep)
class PartnerRepAdmin(ReadOnlyAdmin[PartnerRep]):
    list_display = (link("partner"), link("rep"))
    list_display_links = None
    list_filter = (("partner", Narrowed), ("rep", Narrowed))
    list_select_related = ("partner", "rep__user")
    search_fields = ("partner__name", "rep__user__name")
    ordering = ("pk",)
    fields = ("partner", "rep")


leads_to(Partner, Lead, partner__id__exact="pk")
leads_to(Partner, Link, partner__id__exact="pk")
leads_to(Lead, LeadMessage, lead__id__exact="pk", label="questions and answers")
leads_to(Lead, LeadRequest, lead__id__exact="pk", label="requests")
leads_to(Lead, Conflict, lead__id__exact="pk", label="conflicts with earlier leads")
leads_to(Lead, Conflict, first__id__exact="pk", label="conflicts with later leads")
leads_to(Link, Click, link__id__exact="pk")
leads_to(Link, Enquiry, link__id__exact="pk")
