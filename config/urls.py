"""The address book of the portal."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("", include("portal.urls")),
    path("", include("affiliates.urls")),
    path("", include("referrals.urls")),
    path("", include("clients.urls")),
    path("", include("commissions.urls")),
    path("", include("payouts.urls")),
    path("", include("notices.urls")),
]
