from clients.models.category import CategoryMapping
from clients.models.chargeback_review import ChargebackReview
from clients.models.client import Client, ClientHistory
from clients.models.invoice import Invoice, InvoiceLine
from clients.models.payment import Payment, Reversal, ReversalKind
from clients.models.payment_problem import PaymentProblem, ProblemKind
from clients.models.refused_recording import RefusedRecording
from clients.models.slice import Slice
from clients.models.win_correction import WinCorrection

__all__ = [
    "CategoryMapping",
    "ChargebackReview",
    "Client",
    "ClientHistory",
    "Invoice",
    "InvoiceLine",
    "Payment",
    "PaymentProblem",
    "ProblemKind",
    "RefusedRecording",
    "Reversal",
    "ReversalKind",
    "Slice",
    "WinCorrection",
]
