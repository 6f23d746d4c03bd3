from django.contrib import admin

from accounts.admin_parts import Narrowed, ReadOnlyAdmin, badge, leads_to, link
from affiliates.admin.columns import money
from payouts.models import PayingAccount, PaymentFile, PaymentLine, Payout


@admin.register(PayingAccount)
class PayingAccountAdmin(ReadOnlyAdmin[PayingAccount]):
    """The company's own accounts; the newest of a kind is the one that files pay from."""

    list_display = ("kind", "holder", "masked_details", "entered_at", link("entered_by"), "replaced_at")
    list_filter = ("kind",)
    list_select_related = ("entered_by",)
    fields = (
        "kind", "holder", "bank", "company_id", "bic", "masked_details", "entered_at", "entered_by", "replaced_at",
    )  # fmt: skip


@admin.register(PaymentFile)
class PaymentFileAdmin(ReadOnlyAdmin[PaymentFile]):
    """What files say is sealed; it is taken on the pages of finance, where that is noted."""

    list_display = ("id", "format", "value_date", "count", money("total"), link("made_by"), "made_at")
    list_filter = ("format",)
    list_select_related = ("made_by",)
    fields = (
        "format", "value_date", "count", money("total"), "currency", "account", "message_id", "sha256", "made_by",
        "made_at",
    )  # fmt: skip


@admin.register(PaymentLine)
class PaymentLineAdmin(ReadOnlyAdmin[PaymentLine]):
    list_display = (link("file"), link("payout"), money("amount"), "reference", badge("state"), "answered_on", "reason")
    list_filter = ("state", ("file", Narrowed), ("payout", Narrowed))
    list_select_related = ("file", "payout__partner", "payout__period")
    search_fields = ("=reference", "payout__partner__name")
    fields = (
        "file", "payout", "method", money("amount"), "reference", "state", "answered_on", "answered_at", "answered_by",
        "code", "reason", "signature",
    )  # fmt: skip


leads_to(PaymentFile, PaymentLine, label="payments", file__id__exact="pk")
leads_to(Payout, PaymentLine, label="payments", payout__id__exact="pk")
