from clients.admin import client, invoice, payment, problem

__all__ = ["client", "invoice", "payment", "problem"]
