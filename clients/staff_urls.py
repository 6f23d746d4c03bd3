"""Pages of the company's people about what clients pay, and of leads up to the client that they become."""

from django.urls import path

from clients.views.staff_lead import (
    staff_lead,
    staff_lead_answer,
    staff_lead_demo,
    staff_lead_give,
    staff_lead_note,
    staff_lead_plan,
    staff_lead_protect,
    staff_lead_release,
    staff_lead_step,
    staff_request_answer,
)
from clients.views.staff_problems import problem, problem_new, problems
from clients.views.staff_win import staff_lead_unwin, staff_lead_win

urlpatterns = [
    path("sales/leads/<int:pk>/", staff_lead, name="staff_lead"),
    path("sales/leads/<int:pk>/step/", staff_lead_step, name="staff_lead_step"),
    path("sales/leads/<int:pk>/plan/", staff_lead_plan, name="staff_lead_plan"),
    path("sales/leads/<int:pk>/give/", staff_lead_give, name="staff_lead_give"),
    path("sales/leads/<int:pk>/demo/", staff_lead_demo, name="staff_lead_demo"),
    path("sales/leads/<int:pk>/note/", staff_lead_note, name="staff_lead_note"),
    path("sales/leads/<int:pk>/answer/", staff_lead_answer, name="staff_lead_answer"),
    path("sales/leads/<int:pk>/protect/", staff_lead_protect, name="staff_lead_protect"),
    path("sales/leads/<int:pk>/release/", staff_lead_release, name="staff_lead_release"),
    path("sales/leads/<int:pk>/win/", staff_lead_win, name="staff_lead_win"),
    path("sales/leads/<int:pk>/unwin/", staff_lead_unwin, name="staff_lead_unwin"),
    path("sales/requests/<int:pk>/answer/", staff_request_answer, name="staff_request_answer"),
    path("admin/finance/chargebacks/problems/", problems, name="staff_problems"),
    path("admin/finance/chargebacks/problems/new/", problem_new, name="staff_problem_new"),
    path("admin/finance/chargebacks/problems/<int:pk>/", problem, name="staff_problem"),
]
