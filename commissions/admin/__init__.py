from commissions.admin import commission, ledger, period, plan

__all__ = ["commission", "ledger", "period", "plan"]
