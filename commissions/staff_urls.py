"""Pages of the company's people about what partners earn."""

from django.urls import path

from commissions.views.staff_adjustments import (
    adjustment,
    adjustment_approve,
    adjustment_drop,
    adjustment_new,
    adjustments,
)
from commissions.views.staff_chargebacks import chargeback, chargebacks, review, review_decide, reviews
from commissions.views.staff_disputes import dispute_answer, disputes, staff_dispute, staff_dispute_file
from commissions.views.staff_lines import month_partner, staff_commission
from commissions.views.staff_month_lists import month_ended_partners, month_partly_paid, negative, refused
from commissions.views.staff_months import month, month_compute, month_map, month_run, months
from commissions.views.staff_move import merge, move_all_clients, move_client
from commissions.views.staff_plans import plan, plan_new, plans
from commissions.views.staff_simulation import give, simulate, simulated_month

urlpatterns = [
    path("admin/finance/months/", months, name="staff_months"),
    path("admin/finance/months/negative-balances/", negative, name="staff_negative_balances"),
    path("admin/finance/months/refused-facts/", refused, name="staff_refused"),
    path("admin/finance/months/<str:month>/", month, name="staff_month"),
    path("admin/finance/months/<str:month>/run/", month_run, name="staff_month_run"),
    path("admin/finance/months/<str:month>/compute/", month_compute, name="staff_month_compute"),
    path("admin/finance/months/<str:month>/words/map/", month_map, name="staff_month_map"),
    path("admin/finance/months/<str:month>/partly-paid/", month_partly_paid, name="staff_month_partly_paid"),
    path("admin/finance/months/<str:month>/ended-partners/", month_ended_partners, name="staff_month_ended_partners"),
    path("admin/finance/months/<str:month>/partners/<int:pk>/", month_partner, name="staff_month_partner"),
    path("admin/finance/commissions/<int:pk>/", staff_commission, name="staff_commission"),
    path("admin/finance/adjustments/", adjustments, name="staff_adjustments"),
    path("admin/finance/adjustments/new/", adjustment_new, name="staff_adjustment_new"),
    path("admin/finance/adjustments/<int:pk>/", adjustment, name="staff_adjustment"),
    path("admin/finance/adjustments/<int:pk>/approve/", adjustment_approve, name="staff_adjustment_approve"),
    path("admin/finance/adjustments/<int:pk>/drop/", adjustment_drop, name="staff_adjustment_drop"),
    path("admin/finance/disputes/", disputes, name="staff_disputes"),
    path("admin/finance/disputes/<int:pk>/", staff_dispute, name="staff_dispute"),
    path("admin/finance/disputes/<int:pk>/answer/", dispute_answer, name="staff_dispute_answer"),
    path("admin/finance/disputes/files/<int:pk>/", staff_dispute_file, name="staff_dispute_file"),
    path("admin/finance/chargebacks/", chargebacks, name="staff_chargebacks"),
    path("admin/finance/chargebacks/<int:pk>/", chargeback, name="staff_chargeback"),
    path("admin/finance/chargebacks/reviews/", reviews, name="staff_reviews"),
    path("admin/finance/chargebacks/reviews/<int:pk>/", review, name="staff_review"),
    path("admin/finance/chargebacks/reviews/<int:pk>/decide/", review_decide, name="staff_review_decide"),
    path("admin/program/clients/<int:pk>/move/", move_client, name="staff_client_move"),
    path("admin/program/partners/<int:pk>/move/", move_all_clients, name="staff_partner_move"),
    path("admin/program/partners/<int:pk>/merge/", merge, name="staff_partner_merge"),
    path("admin/program/plans/", plans, name="staff_plans"),
    path("admin/program/plans/new/", plan_new, name="staff_plan_new"),
    path("admin/program/plans/<int:pk>/", plan, name="staff_plan"),
    path("admin/program/plans/<int:pk>/simulate/", simulate, name="staff_plan_simulate"),
    path("admin/program/plans/<int:pk>/simulate/<int:partner>/<str:month>/", simulated_month, name="staff_plan_month"),
    path("admin/program/plans/<int:pk>/give/<int:partner>/", give, name="staff_plan_give"),
]
