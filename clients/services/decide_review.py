from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit
from clients.models import ChargebackReview


class ReviewIsDecided(Exception):
    """A review is decided once; the message says when and by whom."""


class DecisionRefused(Exception):
    """A decision says in words what was found and what follows."""


@needs(Right.JUDGE_VIOLATIONS)
def decide_review(*, review: ChargebackReview, decision: str, by: User, at: datetime) -> ChargebackReview:
    """This function will note what the program's managers make of repeated chargebacks (B).

    It ends nothing by itself: a violation or the end of the partnership is a step of its own.

    :raises ReviewIsDecided: it was decided before
    :raises DecisionRefused: there are no words
    """
    if not decision.strip():
        raise DecisionRefused("Say in words what you found and what follows from it")
    with transaction.atomic():
        rows = ChargebackReview.objects.select_for_update(of=("self",)).select_related("decided_by", "partner")
        review = rows.get(pk=review.pk)
        if review.decided_at is not None:
            who = review.decided_by.get_full_name() if review.decided_by else "somebody"
            raise ReviewIsDecided(f"The review was decided already, by {who}")
        review.decided_at, review.decided_by, review.decision = at, by, decision.strip()
        review.save(update_fields=["decided_at", "decided_by", "decision"])
        subject = f"partner {review.partner.reference}"
        write_audit(by=by, at=at, action="chargeback review decided", subject=subject, decision=review.decision)
    return review
