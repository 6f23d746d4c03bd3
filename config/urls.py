"""The address book of the portal."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("portal.urls")),
    path("", include("affiliates.urls")),
    path("", include("referrals.urls")),
    path("", include("clients.urls")),
    path("", include("commissions.urls")),
    path("", include("payouts.urls")),
    path("", include("notices.urls")),
    path("api/v1/", include("config.api_urls")),
    path("accounts/", include("allauth.urls")),
    path("", include("portal.staff_urls")),
    path("", include("affiliates.staff_urls")),
    path("", include("referrals.staff_urls")),
    path("", include("commissions.staff_urls")),
    path("", include("clients.staff_urls")),
    path("", include("payouts.staff_urls")),
    path("", include("integrations.stripe.staff_urls")),
    path("", include("integrations.partnerstack.staff_urls")),
    path("", include("integrations.introductions.staff_urls")),
    path("", include("integrations.crm.staff_urls")),
    path("admin/", admin.site.urls),
    path("integrations/stripe/", include("integrations.stripe.urls")),
    path("integrations/partnerstack/", include("integrations.partnerstack.urls")),
    path("integrations/introductions/", include("integrations.introductions.urls")),
    path("integrations/crm/", include("integrations.crm.urls")),
]

handler500 = "affiliates.api.problems.fault"
