from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit
from integrations.stripe.models import StripeFinding


@needs(Right.MAP_CATEGORIES)
def settle_finding(*, finding: StripeFinding, by: User | None, at: datetime) -> None:
    """This function will say that a person has looked at something that is not recorded, and done what there was to do.

    It counts as something to look at no more, until Stripe says something else of it.
    """
    with transaction.atomic():
        row = StripeFinding.objects.select_for_update(no_key=True).get(pk=finding.pk)
        if row.settled_at is None:
            row.settled_at, row.settled_by = at, by
            row.save(update_fields=["settled_at", "settled_by"])
            subject = f"Stripe {row.subject}"[:120]
            write_audit(by=by, at=at, action="stripe finding settled", subject=subject, says=row.says[:500])
