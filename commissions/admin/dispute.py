from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe

from accounts.admin_parts import ListAdmin, Narrowed, ReadOnlyAdmin, badge, leads_to, link
from accounts.models import User
from accounts.rights import Right, may
from affiliates.admin.columns import money
from affiliates.models import Partner
from commissions.models import Adjustment, Commission, Dispute, DisputeFile
from commissions.services.adjust_balance import AdjustmentRefused
from commissions.services.answer_dispute import DisputeIsAnswered, accept_dispute, decline_dispute
from parts.uploads import serve_upload

ACCEPT, DECLINE = "accept", "decline"
LONGEST_ANSWER = 4000


class AnswerForm(forms.ModelForm):  # type: ignore[type-arg]
    """Finance's answer: an amount that is granted, or why the line stands."""

    decision = forms.ChoiceField(
        choices=[(ACCEPT, "Accept: an adjustment is entered"), (DECLINE, "Decline: the line stands as it is")],
        widget=forms.RadioSelect,
    )
    granted = forms.DecimalField(
        max_digits=12,
        decimal_places=2,
        required=False,
        help_text="What is added to the balance once somebody else has approved it; negative takes away.",
    )
    words = forms.CharField(
        label="Answer", widget=forms.Textarea, max_length=LONGEST_ANSWER, help_text="The partner reads these words."
    )

    class Meta:
        model = Dispute
        fields = ()

    def clean(self) -> dict[str, Any]:
        super().clean()
        values = self.cleaned_data
        if values.get("decision") == ACCEPT and not values.get("granted"):
            self.add_error("granted", ValidationError("An accepted dispute grants an amount other than 0."))
        return values


@admin.register(Dispute)
class DisputeAdmin(ListAdmin[Dispute]):
    """Finance reads what the partner sent and answers once; what is granted waits for a second person."""

    form = AnswerForm
    list_display = (
        "id", link("partner"), link("commission"), money("commission__amount", "amount", is_summed=False),
        badge("state"), "opened_at", link("answered_by"), link("adjustment"),
    )  # fmt: skip
    list_filter = ("state", ("partner", Narrowed), ("commission", Narrowed), ("adjustment", Narrowed))
    list_select_related = (
        "partner", "commission__partner", "commission__client", "answered_by", "adjustment__partner",
    )  # fmt: skip
    search_fields = ("partner__name", "comment")
    told = (
        "partner", "commission", "comment", "sent_files", "state", "opened_by", "opened_at", "answer", "answered_by",
        "answered_at", "adjustment",
    )  # fmt: skip
    readonly_fields = told

    def get_fieldsets(self, request: HttpRequest, obj: Dispute | None = None) -> Any:
        answer = [("Your answer", {"fields": ("decision", "granted", "words")})]
        return [(None, {"fields": self.told}), *(answer if self.has_change_permission(request, obj) else [])]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Dispute | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Dispute | None = None) -> bool:
        """Finance answers what is open; nobody answers a dispute of a partner that they are a member of."""
        user = cast(User, request.user)
        if obj is None or not obj.is_open or not self.has_view_permission(request, obj):
            return False
        return may(user, Right.ANSWER_DISPUTES) and not obj.partner.memberships.filter(user=user.pk).exists()

    def save_model(self, request: HttpRequest, obj: Dispute, form: Any, change: bool) -> None:
        """The answer is written by its service."""
        values, by, at = form.cleaned_data, cast(User, request.user), timezone.now()
        try:
            if values["decision"] == ACCEPT:
                accept_dispute(dispute=obj, amount=values["granted"], answer=values["words"], by=by, at=at)
            else:
                decline_dispute(dispute=obj, answer=values["words"], by=by, at=at)
        except (DisputeIsAnswered, AdjustmentRefused) as refused:
            self.message_user(request, f"{refused}.", messages.ERROR)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.serve_file)
        return [path("files/<int:pk>/", view, name="commissions_dispute_sent"), *super().get_urls()]

    def serve_file(self, request: HttpRequest, pk: int) -> HttpResponse | FileResponse:
        file = DisputeFile.objects.filter(pk=pk).first()
        if file is None or not self.has_view_permission(request):
            raise Http404
        return serve_upload(file.file, file.name)

    @admin.display(description="files")
    def sent_files(self, dispute: Dispute) -> str:
        files = [(reverse("admin:commissions_dispute_sent", args=[file.pk]), file.name) for file in dispute.files.all()]
        return format_html_join(mark_safe("<br>"), '<a href="{}">{}</a>', files) or "None"


@admin.register(DisputeFile)
class DisputeFileAdmin(ReadOnlyAdmin[DisputeFile]):
    list_display = ("id", link("dispute"), "name")
    list_filter = (("dispute", Narrowed),)
    list_select_related = ("dispute",)
    fields = ("dispute", "name")


leads_to(Partner, Dispute, partner__id__exact="pk")
leads_to(Commission, Dispute, label="disputes", commission__id__exact="pk")
leads_to(Adjustment, Dispute, label="dispute", adjustment__id__exact="pk")
leads_to(Dispute, DisputeFile, label="files", dispute__id__exact="pk")
