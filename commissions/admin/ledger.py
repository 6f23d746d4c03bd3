from typing import cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.admin_parts import Column, Narrowed, ReadOnlyAdmin, badge, leads_to, link
from accounts.models import User
from accounts.rights import Right, may
from affiliates.admin.columns import money, month
from affiliates.models import Partner, Program
from affiliates.money import show_money
from commissions.models import Adjustment, Commission, LedgerEntry, Period
from commissions.services.adjust_balance import AdjustmentRefused, approve_adjustment

ADJUSTMENT_STATE = Column(
    "adjustment_state",
    lambda adjustment: adjustment.standing,
    "state",
)


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnlyAdmin[LedgerEntry]):
    list_display = (
        "dated_on",
        link("partner"),
        badge("kind"),
        "text",
        month("period_id", "period"),
        money("amount"),
    )
    list_filter = ("kind", "period", ("partner", Narrowed))
    list_select_related = ("partner",)
    date_hierarchy = "dated_on"
    search_fields = ("partner__name", "text")
    fields = ("partner", "kind", money("amount"), "text", "period", "dated_on", "recorded_at", "key")


@admin.register(Adjustment)
class AdjustmentAdmin(ReadOnlyAdmin[Adjustment]):
    list_display = (
        "id", link("partner"), "reason", ADJUSTMENT_STATE, link("entered_by"), "entered_at", link("approved_by"),
        money("amount"),
    )  # fmt: skip
    list_filter = (("approved_at", admin.EmptyFieldListFilter), ("partner", Narrowed), ("entry", Narrowed))
    list_select_related = ("partner", "entered_by", "approved_by")
    search_fields = ("partner__name", "reason")
    actions = ("approve_chosen",)
    fields = (
        "partner", money("amount"), "reason", ADJUSTMENT_STATE, "entered_by", "entered_at",
        "approved_by", "approved_at", "entry", "dropped_by", "dropped_at", "dropped_because",
    )  # fmt: skip

    def has_approve_permission(self, request: HttpRequest) -> bool:
        """Finance, of whom the service lets nobody approve what they entered."""
        user = cast(User, request.user)
        return may(user, Right.ADJUST_BALANCES)

    @admin.action(description="Approve what somebody else entered", permissions=["approve"])
    def approve_chosen(self, request: HttpRequest, chosen: QuerySet[Adjustment]) -> None:
        """Each goes into the ledger, or is refused with its reason."""
        by, at = cast(User, request.user), timezone.now()
        on = Program.current().day(at)
        for adjustment in chosen.order_by("pk"):
            try:
                approve_adjustment(adjustment=adjustment, by=by, at=at, on=on)
            except AdjustmentRefused as refused:
                self.message_user(request, f"{adjustment}: {refused}.", messages.ERROR)
            else:
                self.message_user(request, f"{adjustment} is in the ledger now.", messages.SUCCESS)


leads_to(
    Partner, LedgerEntry, label="ledger", tell=lambda entries: f"balance {show_money(entries.balance())}",
    partner__id__exact="pk",
)  # fmt: skip
leads_to(Partner, Adjustment, partner__id__exact="pk")
leads_to(Period, LedgerEntry, period__month__exact="pk")
leads_to(
    LedgerEntry, Commission, label="commissions of its period",
    partner__id__exact="partner_id", period__month__exact="period_id",
)  # fmt: skip
leads_to(LedgerEntry, Adjustment, label="adjustment", entry__id__exact="pk")
leads_to(LedgerEntry, LedgerEntry, label="the partner's ledger", partner__id__exact="partner_id")
