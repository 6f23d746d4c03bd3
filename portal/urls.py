from django.urls import path

from portal.views.health import healthz, readyz
from portal.views.home import home
from portal.views.styleguide import styleguide

urlpatterns = [
    path("", home, name="home"),
    path("styleguide/", styleguide, name="styleguide"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
]
