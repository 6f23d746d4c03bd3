from django.db import models


class NoticeKind(models.TextChoices):
    """What a notice is about."""

    LEAD_MOVED = "lead_moved", "A lead moved"
    CONFLICT_DECIDED = "conflict_decided", "A registration under review was decided"
    QUESTION_ANSWERED = "question_answered", "Sales answered a question"
    MONTH_CLOSED = "month_closed", "A month was closed"
    PAYOUT_APPROVED = "payout_approved", "A payout was approved"
    PAYOUT_PAID = "payout_paid", "A payout was paid"
    PAYOUT_FAILED = "payout_failed", "A payout failed"
    PAYOUT_HELD = "payout_held", "A payout was stopped"
    BILLING_PROBLEM = "billing_problem", "A billing problem"
    DISPUTE = "dispute", "A dispute or a moved client"
    CHARGEBACK = "chargeback", "A chargeback"
    AGREEMENT = "agreement", "The Agreement"
    VIOLATION = "violation", "A breach and its cure"
    TERMINATION = "termination", "The end of the partnership"
    APPLICATION = "application", "An application"
    ENQUIRY = "enquiry", "A request to be contacted"
    INVITATION = "invitation", "An invitation"
    SECURITY = "security", "Security"
    INTRODUCTION = "introduction", "An introduction by e-mail"
    LEAD_DUE = "lead_due", "A lead that waits for its rep"
    DIGEST = "digest", "The notices of a day"


# What a person may have once a day, or not at all. Money that is in question, the Agreement and security
# reach everybody at once: appendix B and clause 10 promise it.
MAY_BE_OFF = (
    NoticeKind.LEAD_MOVED,
    NoticeKind.CONFLICT_DECIDED,
    NoticeKind.QUESTION_ANSWERED,
    NoticeKind.MONTH_CLOSED,
    NoticeKind.PAYOUT_APPROVED,
    NoticeKind.PAYOUT_PAID,
)


class Pace(models.TextChoices):
    """How soon a person wants to hear."""

    AT_ONCE = "at_once", "At once"
    DAILY = "daily", "Once a day"
    OFF = "off", "Off"
