"""The addresses of the API's first version; what is there stays, see docs/api.md."""

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

from affiliates.api.views import Acceptances, Agreements, Nothing, Partners
from affiliates.api.webhooks import Deliveries, Events, Webhooks
from clients.api import Clients, Facts, Invoices, Payments, Reversals
from commissions.api import Commissions, Disputes, Ledger, Periods, Plans, Runs
from payouts.api import ClosePeriod, PartnerInvoices, Payouts, Reports, Statements
from referrals.api import Clicks, Conflicts, Leads, Links

router = SimpleRouter()
router.register("partners", Partners, "api_partner")
router.register("agreements", Agreements, "api_agreement")
router.register("acceptances", Acceptances, "api_acceptance")
router.register("leads", Leads, "api_lead")
router.register("conflicts", Conflicts, "api_conflict")
router.register("links", Links, "api_link")
router.register("clicks", Clicks, "api_click")
router.register("clients", Clients, "api_client")
router.register("invoices", Invoices, "api_invoice")
router.register("payments", Payments, "api_payment")
router.register("reversals", Reversals, "api_reversal")
router.register("plans", Plans, "api_plan")
router.register("periods", Periods, "api_period")
router.register("runs", Runs, "api_run")
router.register("commissions", Commissions, "api_commission")
router.register("ledger", Ledger, "api_ledger")
router.register("disputes", Disputes, "api_dispute")
router.register("payouts", Payouts, "api_payout")
router.register("reports", Reports, "api_report")
router.register("partner-invoices", PartnerInvoices, "api_partner_invoice")
router.register("statements", Statements, "api_statement")
router.register("events", Events, "api_event")
router.register("webhooks", Webhooks, "api_webhook")
router.register("webhook-deliveries", Deliveries, "api_delivery")

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="api_schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="api_schema"), name="api_docs"),
    path("facts/", Facts.as_view(), name="api_facts"),
    path("periods/<str:period>/close/", ClosePeriod.as_view(), name="api_period_close"),
    path("", include(router.urls)),
    re_path(r"^(?P<anything>(?s:.*))\Z", Nothing.as_view()),
]
