from django.urls import path

from payouts.views.account import account_ledger
from payouts.views.ending import end_agreement
from payouts.views.payout import download_invoice, download_report, payout
from payouts.views.payouts import payouts
from payouts.views.present import present
from payouts.views.statement import download_statement, statements

urlpatterns = [
    path("agreement/end/", end_agreement, name="agreement_end"),
    path("payouts/", payouts, name="payouts"),
    path("payouts/account/", account_ledger, name="account_ledger"),
    path("payouts/statements/", statements, name="statements"),
    path("payouts/<int:pk>/", payout, name="payout"),
    path("payouts/<int:pk>/present/", present, name="payout_present"),
    path("payouts/<int:pk>/invoice/", download_invoice, name="payout_invoice"),
    path("payouts/<int:pk>/report/", download_report, name="payout_report"),
    path("statements/<int:pk>/download/", download_statement, name="statement_download"),
]
