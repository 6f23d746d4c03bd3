from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.services.write_audit import write_audit
from affiliates.models import Partner
from affiliates.months import show_month
from commissions.models import Commission, Dispute, DisputeFile
from parts.uploads import Upload

MOST_FILES = 5


class MonthIsOpen(Exception):
    """An amount of an open month is made anew by each run, so there is nothing to dispute yet."""


class DisputeIsOpen(Exception):
    """The amount is disputed already and waits for its answer."""


def open_dispute(
    *, partner: Partner, commission_id: int, comment: str, files: Sequence[Upload], by: User, at: datetime
) -> Dispute:
    """This function will tell finance that a partner holds an amount of a closed month to be wrong.

    :raises Commission.DoesNotExist: the partner has no such amount
    :raises MonthIsOpen: its month is not closed
    :raises DisputeIsOpen: there is a dispute of it that was not answered yet
    """
    with transaction.atomic():
        Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
        commission = Commission.objects.select_related("period").get(pk=commission_id, partner=partner)
        month = show_month(commission.period_id)
        if not commission.period.is_closed:
            raise MonthIsOpen(f"{month} is still open; its lines can be disputed once it is closed")
        if Dispute.objects.open().filter(commission=commission).exists():
            raise DisputeIsOpen("This line is disputed already; the answer comes to that dispute")
        dispute = Dispute.objects.create(
            partner=partner, commission=commission, comment=comment, opened_by=by, opened_at=at
        )
        for file in files[:MOST_FILES]:
            DisputeFile.objects.create(dispute=dispute, file=file, name=file.sent_as)
        subject = f"dispute {dispute.pk}"
        write_audit(by=by, at=at, action="dispute opened", subject=subject, commission=commission.pk, period=month)
    return dispute
