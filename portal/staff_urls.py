"""Pages of program managers that span the program."""

from django.urls import path

from portal.views.staff_audit import audit, audit_entry
from portal.views.staff_due import due
from portal.views.staff_keys import staff_key_new, staff_key_replace, staff_key_revoke, staff_keys
from portal.views.staff_overview import overview
from portal.views.staff_partners import partner, partners
from portal.views.staff_people import staff_people, staff_person

urlpatterns = [
    path("admin/program/", overview, name="staff_overview"),
    path("admin/program/partners/", partners, name="staff_partners"),
    path("admin/program/partners/<int:pk>/", partner, name="staff_partner"),
    path("admin/program/audit/", audit, name="staff_audit"),
    path("admin/program/audit/<int:pk>/", audit_entry, name="staff_audit_entry"),
    path("admin/program/people/", staff_people, name="staff_people"),
    path("admin/program/people/<int:pk>/", staff_person, name="staff_person"),
    path("admin/program/keys/", staff_keys, name="staff_keys"),
    path("admin/program/keys/new/", staff_key_new, name="staff_key_new"),
    path("admin/program/keys/<int:pk>/replace/", staff_key_replace, name="staff_key_replace"),
    path("admin/program/keys/<int:pk>/revoke/", staff_key_revoke, name="staff_key_revoke"),
    path("admin/program/due/", due, name="staff_due"),
]
