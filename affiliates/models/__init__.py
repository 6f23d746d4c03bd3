from affiliates.models.agreement import Acceptance, AgreementVersion, TerminationNotice, Violation, ViolationFile
from affiliates.models.application import Application
from affiliates.models.fact_batch import FactBatch
from affiliates.models.invitation import Invitation
from affiliates.models.partner import Membership, Partner, PartnerHistory
from affiliates.models.payee import PayoutMethod, TaxForm
from affiliates.models.program import Program
from affiliates.models.resource import Resource

__all__ = [
    "Acceptance",
    "AgreementVersion",
    "Application",
    "FactBatch",
    "Invitation",
    "Membership",
    "Partner",
    "PartnerHistory",
    "PayoutMethod",
    "Program",
    "Resource",
    "TaxForm",
    "TerminationNotice",
    "Violation",
    "ViolationFile",
]
