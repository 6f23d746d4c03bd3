"""Pages of program managers that span the program."""

from django.urls import path

from portal.views.staff_audit import audit, audit_entry
from portal.views.staff_due import due
from portal.views.staff_integrations import staff_integrations
from portal.views.staff_keys import staff_key_new, staff_key_replace, staff_key_revoke, staff_keys
from portal.views.staff_overview import overview
from portal.views.staff_partners import partner, partners
from portal.views.staff_people import staff_people, staff_person
from portal.views.staff_webhooks import (
    staff_webhook,
    staff_webhook_again,
    staff_webhook_change,
    staff_webhook_delivery,
    staff_webhook_new,
    staff_webhook_remove,
    staff_webhook_rotate,
    staff_webhook_since,
    staff_webhook_switch,
    staff_webhook_test,
    staff_webhooks,
)

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
    path("admin/program/webhooks/", staff_webhooks, name="staff_webhooks"),
    path("admin/program/webhooks/new/", staff_webhook_new, name="staff_webhook_new"),
    path("admin/program/webhooks/<uuid:pk>/", staff_webhook, name="staff_webhook"),
    path("admin/program/webhooks/<uuid:pk>/change/", staff_webhook_change, name="staff_webhook_change"),
    path("admin/program/webhooks/<uuid:pk>/rotate/", staff_webhook_rotate, name="staff_webhook_rotate"),
    path("admin/program/webhooks/<uuid:pk>/switch/", staff_webhook_switch, name="staff_webhook_switch"),
    path("admin/program/webhooks/<uuid:pk>/remove/", staff_webhook_remove, name="staff_webhook_remove"),
    path("admin/program/webhooks/<uuid:pk>/test/", staff_webhook_test, name="staff_webhook_test"),
    path("admin/program/webhooks/<uuid:pk>/since/", staff_webhook_since, name="staff_webhook_since"),
    path(
        "admin/program/webhooks/<uuid:pk>/deliveries/<int:number>/",
        staff_webhook_delivery,
        name="staff_webhook_delivery",
    ),
    path(
        "admin/program/webhooks/<uuid:pk>/deliveries/<int:number>/again/",
        staff_webhook_again,
        name="staff_webhook_again",
    ),
    path("admin/program/integrations/", staff_integrations, name="staff_integrations"),
    path("admin/program/due/", due, name="staff_due"),
]
