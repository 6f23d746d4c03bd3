from referrals.models.blocked_domain import BlockedDomain
from referrals.models.conflict import Conflict
from referrals.models.conversation import LeadMessage, LeadRequest
from referrals.models.demo import Demo
from referrals.models.enquiry import Enquiry
from referrals.models.lead import Lead, LeadStep
from referrals.models.lead_count import LeadCount
from referrals.models.lead_file import LeadFile
from referrals.models.link import Click, Link
from referrals.models.note import LeadNote
from referrals.models.sales import LeadWork, PartnerRep, Rep, Team

__all__ = [
    "BlockedDomain",
    "Click",
    "Conflict",
    "Demo",
    "Enquiry",
    "Lead",
    "LeadCount",
    "LeadFile",
    "LeadMessage",
    "LeadNote",
    "LeadRequest",
    "LeadStep",
    "LeadWork",
    "Link",
    "PartnerRep",
    "Rep",
    "Team",
]
