from payouts.models.payout import Payout, PayoutState, PayoutStep
from payouts.models.presented import InvoiceCounter, PartnerInvoice, ReferralReport
from payouts.models.statement import Statement, StatementState

__all__ = [
    "InvoiceCounter",
    "PartnerInvoice",
    "Payout",
    "PayoutState",
    "PayoutStep",
    "ReferralReport",
    "Statement",
    "StatementState",
]
