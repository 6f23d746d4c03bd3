"""Pages of the company's people about Stripe."""

from django.urls import path

from integrations.stripe.views.staff_customers import customer, customer_leave, customer_link, customer_open, customers
from integrations.stripe.views.staff_door import door, finding, finding_settle
from integrations.stripe.views.staff_events import event, event_again, events
from integrations.stripe.views.staff_rules import rule_keep, rules

BASE = "admin/program/integrations/stripe/"

urlpatterns = [
    path(BASE, door, name="staff_stripe"),
    path(f"{BASE}findings/<int:pk>/", finding, name="staff_stripe_finding"),
    path(f"{BASE}findings/<int:pk>/settle/", finding_settle, name="staff_stripe_finding_settle"),
    path(f"{BASE}customers/", customers, name="staff_stripe_customers"),
    path(f"{BASE}customers/<int:pk>/", customer, name="staff_stripe_customer"),
    path(f"{BASE}customers/<int:pk>/link/", customer_link, name="staff_stripe_customer_link"),
    path(f"{BASE}customers/<int:pk>/leave/", customer_leave, name="staff_stripe_customer_leave"),
    path(f"{BASE}customers/<int:pk>/open/", customer_open, name="staff_stripe_customer_open"),
    path(f"{BASE}products/", rules, name="staff_stripe_rules"),
    path(f"{BASE}products/keep/", rule_keep, name="staff_stripe_rule_keep"),
    path(f"{BASE}events/", events, name="staff_stripe_events"),
    path(f"{BASE}events/<int:pk>/", event, name="staff_stripe_event"),
    path(f"{BASE}events/<int:pk>/again/", event_again, name="staff_stripe_event_again"),
]
