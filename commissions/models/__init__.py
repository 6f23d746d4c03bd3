from commissions.models.commission import Commission, CommissionState
from commissions.models.dispute import Dispute, DisputeFile, DisputeState
from commissions.models.ledger import Adjustment, EntryKind, LedgerEntry
from commissions.models.period import Period
from commissions.models.plan import Plan, PlanAssignment, Tier
from commissions.models.run import Run, RunPart, RunState

__all__ = [
    "Adjustment",
    "Commission",
    "CommissionState",
    "Dispute",
    "DisputeFile",
    "DisputeState",
    "EntryKind",
    "LedgerEntry",
    "Period",
    "Plan",
    "PlanAssignment",
    "Run",
    "RunPart",
    "RunState",
    "Tier",
]
