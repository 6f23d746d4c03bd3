from django.urls import path

from affiliates.views.agreement import accept, acceptance_pdf, agreement, violation_file
from affiliates.views.agreement_version import agreement_changes, agreement_version
from affiliates.views.api_keys import api_key_new, api_key_replace, api_key_revoke, api_keys
from affiliates.views.apply import apply, apply_confirm, apply_sent
from affiliates.views.choose_partner import choose_partner
from affiliates.views.join import join
from affiliates.views.notices import notice, notices
from affiliates.views.notifications import notification_settings
from affiliates.views.payee import payout_method, payout_method_confirm, payout_method_new, tax_form, tax_form_new
from affiliates.views.people import change_person_role, invite_person, people, remove_person, withdraw
from affiliates.views.resources import resource_file, resources
from affiliates.views.settings import company_settings, security_settings, settings
from affiliates.views.webhooks import (
    webhook,
    webhook_again,
    webhook_change,
    webhook_delivery,
    webhook_new,
    webhook_remove,
    webhook_rotate,
    webhook_since,
    webhook_switch,
    webhook_test,
    webhooks,
)

urlpatterns = [
    path("agreement/", agreement, name="agreement"),
    path("agreement/accept/", accept, name="agreement_accept"),
    path("agreement/acceptances/<int:pk>/pdf/", acceptance_pdf, name="acceptance_pdf"),
    path("agreement/evidence/<int:pk>/", violation_file, name="violation_file"),
    path("agreement/versions/<int:pk>/", agreement_version, name="agreement_version"),
    path("agreement/versions/<int:pk>/changes/", agreement_changes, name="agreement_changes"),
    path("apply/", apply, name="apply"),
    path("apply/sent/", apply_sent, name="apply_sent"),
    path("apply/confirm/<str:token>/", apply_confirm, name="apply_confirm"),
    path("join/<str:token>/", join, name="join"),
    path("notices/", notices, name="notices"),
    path("notices/<int:pk>/", notice, name="notice"),
    path("resources/", resources, name="resources"),
    path("resources/<int:pk>/", resource_file, name="resource_file"),
    path("settings/", settings, name="settings"),
    path("settings/company/", company_settings, name="company_settings"),
    path("settings/keys/", api_keys, name="api_keys"),
    path("settings/keys/new/", api_key_new, name="api_key_new"),
    path("settings/keys/<int:pk>/replace/", api_key_replace, name="api_key_replace"),
    path("settings/keys/<int:pk>/revoke/", api_key_revoke, name="api_key_revoke"),
    path("settings/notifications/", notification_settings, name="notification_settings"),
    path("settings/people/", people, name="people"),
    path("settings/people/invite/", invite_person, name="person_invite"),
    path("settings/people/<int:pk>/role/", change_person_role, name="person_role"),
    path("settings/people/<int:pk>/remove/", remove_person, name="person_remove"),
    path("settings/people/invitations/<int:pk>/withdraw/", withdraw, name="invitation_withdraw"),
    path("settings/security/", security_settings, name="security_settings"),
    path("settings/tax/", tax_form, name="tax_form"),
    path("settings/tax/<slug:kind>/", tax_form_new, name="tax_form_new"),
    path("settings/payout/", payout_method, name="payout_method"),
    path("settings/payout/confirm/<str:token>/", payout_method_confirm, name="payout_method_confirm"),
    path("settings/payout/<slug:kind>/", payout_method_new, name="payout_method_new"),
    path("settings/webhooks/", webhooks, name="webhooks"),
    path("settings/webhooks/new/", webhook_new, name="webhook_new"),
    path("settings/webhooks/<uuid:pk>/", webhook, name="webhook"),
    path("settings/webhooks/<uuid:pk>/change/", webhook_change, name="webhook_change"),
    path("settings/webhooks/<uuid:pk>/rotate/", webhook_rotate, name="webhook_rotate"),
    path("settings/webhooks/<uuid:pk>/switch/", webhook_switch, name="webhook_switch"),
    path("settings/webhooks/<uuid:pk>/remove/", webhook_remove, name="webhook_remove"),
    path("settings/webhooks/<uuid:pk>/test/", webhook_test, name="webhook_test"),
    path("settings/webhooks/<uuid:pk>/since/", webhook_since, name="webhook_since"),
    path("settings/webhooks/<uuid:pk>/deliveries/<int:number>/", webhook_delivery, name="webhook_delivery"),
    path("settings/webhooks/<uuid:pk>/deliveries/<int:number>/again/", webhook_again, name="webhook_again"),
    path("partners/<int:pk>/choose/", choose_partner, name="partner_choose"),
]
