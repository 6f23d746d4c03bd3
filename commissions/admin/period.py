from django.contrib import admin

from accounts.admin_parts import Column, Narrowed, ReadOnlyAdmin, ReadOnlyInline, badge, leads_to, link
from affiliates.admin.columns import money, month
from commissions.models import Commission, Period, Run, RunPart

PERIOD_STATE = Column("period_state", lambda period: "Closed" if period.is_closed else "Open", "state", "closed_at")
PARTNERS = Column(
    "partners", lambda part: f"{part.first_partner:,} to {part.last_partner:,}", "partners", "first_partner"
)


@admin.register(Period)
class PeriodAdmin(ReadOnlyAdmin[Period]):
    list_display = (
        month("month"),
        PERIOD_STATE,
        money("run__posted", "posted"),
        money("run__waiting", "waiting", is_summed=False),
        "closed_at",
        link("closed_by"),
    )
    list_filter = (("closed_at", admin.EmptyFieldListFilter),)
    list_select_related = ("run", "closed_by")
    fields = (month("month"), PERIOD_STATE, "closed_at", "closed_by", money("run__posted", "posted"))


class RunPartInline(ReadOnlyInline[RunPart, Run]):
    model = RunPart
    fields = (PARTNERS, "sent_at", "tries", "done_at", "error")
    show_change_link = True


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin[Run]):
    list_display = (
        month("period_id", "period"),
        badge("state"),
        money("posted"),
        "posted_rows",
        money("waiting", is_summed=False),
        "waiting_rows",
        "started_at",
        "finished_at",
        link("computed_by"),
    )
    list_filter = ("state", "is_full", ("period", Narrowed))
    list_select_related = ("computed_by",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "period",
                    "state",
                    money("posted"),
                    "posted_rows",
                    money("waiting"),
                    "waiting_rows",
                    "error",
                )
            },
        ),
        ("What it saw", {"fields": ("batch", "after", "is_full")}),
        ("When", {"fields": ("started_at", "finished_at", "computed_by")}),
    )
    inlines = (RunPartInline,)


@admin.register(RunPart)
class RunPartAdmin(ReadOnlyAdmin[RunPart]):
    list_display = ("id", link("run"), PARTNERS, "sent_at", "tries", "done_at")
    list_filter = (("done_at", admin.EmptyFieldListFilter), ("run", Narrowed))
    list_select_related = ("run__period",)
    fields = ("run", PARTNERS, "sent_at", "tries", "done_at", "error")


leads_to(Period, Run, label="run", period__month__exact="pk")
leads_to(Period, Commission, period__month__exact="pk")
leads_to(Run, Commission, period__month__exact="period_id")
leads_to(Run, RunPart, label="parts", run__id__exact="pk")
