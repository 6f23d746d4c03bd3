"""Pages of the company's people about PartnerStack."""

from django.urls import path

from integrations.partnerstack.views import report

BASE = "admin/program/integrations/partnerstack"
urlpatterns = [
    path(f"{BASE}/", report.partnerstack, name="staff_partnerstack"),
    path(f"{BASE}/compare/", report.compare_again, name="staff_partnerstack_compare"),
    path(f"{BASE}/months/<int:pk>/", report.difference, name="staff_partnerstack_difference"),
    path(f"{BASE}/without-a-place/", report.unplaced, name="staff_partnerstack_unplaced"),
    path(f"{BASE}/without-a-place/<int:pk>/", report.raw_row, name="staff_partnerstack_row"),
]
