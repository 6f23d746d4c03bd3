from django.urls import path

from commissions.views.clients import client, clients, commissions_by_client
from commissions.views.disputes import commission_dispute, dispute, dispute_file, disputes
from commissions.views.months import commission_month, commissions
from commissions.views.why import commission_why

urlpatterns = [
    path("clients/", clients, name="clients"),
    path("clients/<int:pk>/", client, name="client"),
    path("commissions/", commissions, name="commissions"),
    path("commissions/by-client/", commissions_by_client, name="commissions_by_client"),
    path("commissions/months/<str:month>/", commission_month, name="commission_month"),
    path("commissions/<int:pk>/why/", commission_why, name="commission_why"),
    path("commissions/<int:pk>/dispute/", commission_dispute, name="commission_dispute"),
    path("disputes/", disputes, name="disputes"),
    path("disputes/<int:pk>/", dispute, name="dispute"),
    path("disputes/files/<int:pk>/", dispute_file, name="dispute_file"),
]
