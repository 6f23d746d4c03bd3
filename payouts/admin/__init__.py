from payouts.admin import books, payment, payout, statement

__all__ = ["books", "payment", "payout", "statement"]
