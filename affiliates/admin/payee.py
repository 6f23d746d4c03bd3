from django.contrib import admin

from accounts.admin_parts import Column, Narrowed, ReadOnlyAdmin, badge, leads_to, link
from affiliates.models import Partner, PayoutMethod, TaxForm

METHOD_STATE = Column(
    "method_state",
    lambda method: "Replaced" if method.replaced_at else "Confirmed" if method.confirmed_at else "To be confirmed",
    "state",
)


@admin.register(TaxForm)
class TaxFormAdmin(ReadOnlyAdmin[TaxForm]):
    """The number is sealed: its last characters are all that is ever shown here."""

    list_display = ("kind", link("partner"), "legal_name", "masked_number", "signed_on", "filed_at")
    list_filter = ("kind", ("partner", Narrowed))
    list_select_related = ("partner",)
    search_fields = ("partner__name", "legal_name")
    fields = ("partner", "kind", "legal_name", "masked_number", "signed_on", "filed_at")


@admin.register(PayoutMethod)
class PayoutMethodAdmin(ReadOnlyAdmin[PayoutMethod]):
    """The account is sealed: its last characters are all that is ever shown here."""

    list_display = (
        badge("kind"),
        link("partner"),
        "holder",
        "masked_details",
        METHOD_STATE,
        "is_change",
        "entered_at",
    )
    list_filter = ("kind", "is_change", ("replaced_at", admin.EmptyFieldListFilter), ("partner", Narrowed))
    list_select_related = ("partner",)
    search_fields = ("partner__name", "holder")
    fields = (
        "partner", "kind", "holder", "masked_details", METHOD_STATE, "is_change",
        "entered_by", "entered_at", "confirmed_at", "replaced_at",
    )  # fmt: skip


leads_to(Partner, TaxForm, partner__id__exact="pk")
leads_to(Partner, PayoutMethod, partner__id__exact="pk")
