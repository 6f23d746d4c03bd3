"""Pages of finance about payouts and the files that pay them."""

from django.urls import path

from payouts.views.staff_accounts import account, accounts
from payouts.views.staff_answers import bank_answer
from payouts.views.staff_approve import approve
from payouts.views.staff_close import month_close
from payouts.views.staff_end import end_partner
from payouts.views.staff_files import answer, file, files, new_file, take
from payouts.views.staff_journal import account_codes, journal, journal_csv
from payouts.views.staff_liability import liability, proof
from payouts.views.staff_moves import change, settle
from payouts.views.staff_payout import acceptance, invoice, invoice_picture, payout
from payouts.views.staff_publish import new_version
from payouts.views.staff_queue import queue
from payouts.views.staff_tax_year import filer, tax_file_filed, tax_year, tax_year_file

PAYOUTS, ONE, FILES = "admin/finance/payouts", "admin/finance/payouts/<int:pk>", "admin/finance/payment-files"

urlpatterns = [
    path("admin/finance/months/<str:month>/close/", month_close, name="staff_month_close"),
    path(f"{PAYOUTS}/", queue, name="staff_payouts"),
    path(f"{PAYOUTS}/approve/", approve, name="staff_payouts_approve"),
    path(f"{PAYOUTS}/in/<slug:state>/", queue, name="staff_payouts_in"),
    path(f"{ONE}/", payout, name="staff_payout"),
    path(f"{ONE}/hold/", change, {"step": "hold"}, name="staff_payout_hold"),
    path(f"{ONE}/release/", change, {"step": "release"}, name="staff_payout_release"),
    path(f"{ONE}/cancel/", change, {"step": "cancel"}, name="staff_payout_cancel"),
    path(f"{ONE}/pay/", settle, {"step": "pay"}, name="staff_payout_pay"),
    path(f"{ONE}/fail/", settle, {"step": "fail"}, name="staff_payout_fail"),
    path(f"{ONE}/invoice/", invoice, name="staff_payout_invoice"),
    path(f"{ONE}/invoice/picture/", invoice_picture, name="staff_payout_invoice_picture"),
    path(f"{ONE}/acceptance/", acceptance, name="staff_payout_acceptance"),
    path(f"{FILES}/", files, name="staff_payment_files"),
    path(f"{FILES}/new/<slug:file_format>/", new_file, name="staff_payment_file_new"),
    path(f"{FILES}/answer/", bank_answer, name="staff_bank_answer"),
    path(f"{FILES}/<int:pk>/", file, name="staff_payment_file"),
    path(f"{FILES}/<int:pk>/take/", take, name="staff_payment_file_take"),
    path(f"{FILES}/<int:pk>/answer/", answer, name="staff_payment_file_answer"),
    path("admin/finance/paying-accounts/", accounts, name="staff_paying_accounts"),
    path("admin/finance/paying-accounts/<slug:kind>/", account, name="staff_paying_account"),
    path("admin/finance/liability/", liability, name="staff_liability"),
    path("admin/finance/proof/<str:month>/", proof, name="staff_proof"),
    path("admin/finance/journal/", journal, name="staff_journal"),
    path("admin/finance/journal/<str:month>/", journal, name="staff_journal_of"),
    path("admin/finance/journal/<str:month>/csv/", journal_csv, name="staff_journal_csv"),
    path("admin/finance/account-codes/", account_codes, name="staff_account_codes"),
    path("admin/finance/tax-year/<int:year>/", tax_year, name="staff_tax_year"),
    path("admin/finance/tax-year/<int:year>/file/", tax_year_file, name="staff_tax_year_file"),
    path("admin/finance/tax-files/<int:pk>/filed/", tax_file_filed, name="staff_tax_file_filed"),
    path("admin/finance/filer/", filer, name="staff_filer"),
    path("admin/program/agreement/new/", new_version, name="staff_agreement_new"),
    path("admin/program/partners/<int:pk>/end/", end_partner, name="staff_partner_end"),
]
