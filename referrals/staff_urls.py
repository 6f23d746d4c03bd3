"""The pages of sales."""

from django.urls import path

from referrals.views.staff_blocked import staff_blocked, staff_blocked_add, staff_blocked_remove
from referrals.views.staff_board import staff_board, staff_lead_move
from referrals.views.staff_conflicts import staff_conflict, staff_conflict_decide, staff_conflicts
from referrals.views.staff_leads import staff_leads, staff_leads_assign, staff_leads_extend, staff_leads_release
from referrals.views.staff_team import staff_partner_rep_set, staff_rep_set, staff_team, staff_team_new

urlpatterns = [
    path("sales/board/", staff_board, name="staff_board"),
    path("sales/leads/", staff_leads, name="staff_leads"),
    path("sales/leads/assign/", staff_leads_assign, name="staff_leads_assign"),
    path("sales/leads/extend/", staff_leads_extend, name="staff_leads_extend"),
    path("sales/leads/release/", staff_leads_release, name="staff_leads_release"),
    path("sales/leads/<int:pk>/move/", staff_lead_move, name="staff_lead_move"),
    path("sales/conflicts/", staff_conflicts, name="staff_conflicts"),
    path("sales/conflicts/<int:pk>/", staff_conflict, name="staff_conflict"),
    path("sales/conflicts/<int:pk>/decide/", staff_conflict_decide, name="staff_conflict_decide"),
    path("sales/blocked/", staff_blocked, name="staff_blocked"),
    path("sales/blocked/add/", staff_blocked_add, name="staff_blocked_add"),
    path("sales/blocked/<int:pk>/remove/", staff_blocked_remove, name="staff_blocked_remove"),
    path("sales/team/", staff_team, name="staff_team"),
    path("sales/team/new/", staff_team_new, name="staff_team_new"),
    path("sales/team/reps/", staff_rep_set, name="staff_rep_set"),
    path("sales/team/partners/", staff_partner_rep_set, name="staff_partner_rep_set"),
]
