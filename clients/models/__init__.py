from clients.models.category import CategoryMapping
from clients.models.chargeback_review import ChargebackReview
from clients.models.client import Client, ClientHistory
from clients.models.invoice import Invoice, InvoiceLine
from clients.models.payment import Payment, Reversal, ReversalKind
from clients.models.slice import Slice

__all__ = [
    "CategoryMapping",
    "ChargebackReview",
    "Client",
    "ClientHistory",
    "Invoice",
    "InvoiceLine",
    "Payment",
    "Reversal",
    "ReversalKind",
    "Slice",
]
