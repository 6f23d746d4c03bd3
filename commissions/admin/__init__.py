from commissions.admin import commission, dispute, ledger, period, plan

__all__ = ["commission", "dispute", "ledger", "period", "plan"]
