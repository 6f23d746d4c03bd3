from django.urls import path

from affiliates.views.choose_partner import choose_partner

urlpatterns = [
    path("partners/<int:pk>/choose/", choose_partner, name="partner_choose"),
]
