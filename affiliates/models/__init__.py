from affiliates.models.agreement import Acceptance, AgreementVersion, TerminationNotice, Violation
from affiliates.models.fact_batch import FactBatch
from affiliates.models.partner import Membership, Partner, PartnerHistory
from affiliates.models.payee import PayoutMethod, TaxForm
from affiliates.models.program import Program

__all__ = [
    "Acceptance",
    "AgreementVersion",
    "FactBatch",
    "Membership",
    "Partner",
    "PartnerHistory",
    "PayoutMethod",
    "Program",
    "TaxForm",
    "TerminationNotice",
    "Violation",
]
