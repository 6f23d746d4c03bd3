"""The address table of a machine for development."""

from config.urls import urlpatterns as ours
from notices.urls import for_development

urlpatterns = [*ours, *for_development]
