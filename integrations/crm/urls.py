"""What CRMs call."""

from django.urls import path

from integrations.crm.views.hooks import crm_hook

urlpatterns = [path("<slug:kind>/", crm_hook, name="crm_hook")]
