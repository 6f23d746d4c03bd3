from referrals.models.lead import Lead, LeadStep
from referrals.models.link import Click, Link

__all__ = ["Click", "Lead", "LeadStep", "Link"]
