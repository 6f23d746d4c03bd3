"""What readers of PartnerStack call instead of it."""

from django.urls import path

from integrations.partnerstack.api import List, One

urlpatterns = [
    path("api/v2/<str:kind>", List.as_view(), name="partnerstack_list"),
    path("api/v2/<str:kind>/", List.as_view()),
    path("api/v2/<str:kind>/<str:key>", One.as_view(), name="partnerstack_one"),
    path("api/v2/<str:kind>/<str:key>/", One.as_view()),
]
