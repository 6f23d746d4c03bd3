from django.urls import path

from portal.views.health import healthz, readyz
from portal.views.home import home
from portal.views.statement import download_statement
from portal.views.styleguide import styleguide

urlpatterns = [
    path("", home, name="home"),
    path("statements/<int:pk>/download/", download_statement, name="statement_download"),
    path("styleguide/", styleguide, name="styleguide"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
]
