from payouts.models.books import Account, AccountCode, Filer, TaxFile, TaxFileLine, TaxFiling
from payouts.models.payment import (
    AccountKind,
    FileFormat,
    LineState,
    PayingAccount,
    PaymentFile,
    PaymentLine,
)
from payouts.models.payout import Payout, PayoutState, PayoutStep
from payouts.models.presented import InvoiceCounter, PartnerInvoice, ReferralReport
from payouts.models.statement import Statement, StatementState

__all__ = [
    "Account",
    "AccountCode",
    "AccountKind",
    "FileFormat",
    "Filer",
    "InvoiceCounter",
    "LineState",
    "PartnerInvoice",
    "PayingAccount",
    "PaymentFile",
    "PaymentLine",
    "Payout",
    "PayoutState",
    "PayoutStep",
    "ReferralReport",
    "Statement",
    "StatementState",
    "TaxFile",
    "TaxFileLine",
    "TaxFiling",
]
