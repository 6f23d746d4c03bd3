from django.urls import path

from portal.views.health import healthz, readyz
from portal.views.home import home
from portal.views.statement import download_statement

urlpatterns = [
    path("", home, name="home"),
    path("statements/<int:pk>/download/", download_statement, name="statement_download"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
]
