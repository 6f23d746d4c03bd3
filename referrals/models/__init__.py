from referrals.models.conflict import Conflict
from referrals.models.conversation import LeadMessage, LeadRequest
from referrals.models.enquiry import Enquiry
from referrals.models.lead import Lead, LeadStep
from referrals.models.lead_file import LeadFile
from referrals.models.link import Click, Link

__all__ = ["Click", "Conflict", "Enquiry", "Lead", "LeadFile", "LeadMessage", "LeadRequest", "LeadStep", "Link"]
