"""Pages of the company's people about CRMs."""

from django.urls import path

from integrations.crm.views.staff_crm import (
    staff_crm,
    staff_crm_connect,
    staff_crm_connection,
    staff_crm_map,
    staff_crm_remove,
    staff_crm_secret,
    staff_crm_switch,
    staff_crm_test,
)
from integrations.crm.views.staff_crm_leads import staff_crm_lead, staff_crm_lead_again, staff_crm_leads

PLACE = "admin/program/integrations/crm/"

urlpatterns = [
    path(PLACE, staff_crm, name="staff_crm"),
    path(f"{PLACE}<slug:kind>/", staff_crm_connection, name="staff_crm_connection"),
    path(f"{PLACE}<slug:kind>/connect/", staff_crm_connect, name="staff_crm_connect"),
    path(f"{PLACE}<slug:kind>/map/", staff_crm_map, name="staff_crm_map"),
    path(f"{PLACE}<slug:kind>/test/", staff_crm_test, name="staff_crm_test"),
    path(f"{PLACE}<slug:kind>/switch/", staff_crm_switch, name="staff_crm_switch"),
    path(f"{PLACE}<slug:kind>/secret/", staff_crm_secret, name="staff_crm_secret"),
    path(f"{PLACE}<slug:kind>/remove/", staff_crm_remove, name="staff_crm_remove"),
    path("sales/crm/", staff_crm_leads, name="staff_crm_leads"),
    path("sales/crm/<int:pk>/", staff_crm_lead, name="staff_crm_lead"),
    path("sales/crm/<int:pk>/again/", staff_crm_lead_again, name="staff_crm_lead_again"),
]
