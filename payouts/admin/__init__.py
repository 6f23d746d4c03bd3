from payouts.admin import payout, statement

__all__ = ["payout", "statement"]
