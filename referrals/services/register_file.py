from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import User
from accounts.services.write_audit import write_audit
from affiliates.models import Partner
from referrals.lead_rows import check_rows
from referrals.models import Lead, LeadFile
from referrals.models.lead import Channel
from referrals.recognition import one_at_a_time
from referrals.services.register_lead import register_leads

MOST_FILES_A_DAY = 30


class TooManyFiles(Exception):
    """The partner brought as many files as a day takes."""


class FileIsGone(Exception):
    """The file was registered before, or a newer one took its place."""


def bring_file(*, partner: Partner, name: str, text: str, by: User, at: datetime) -> LeadFile:
    """This function will keep a file of leads until its good rows are registered; an earlier one is let go.

    :raises TooManyFiles: the partner brought too many within a day
    :raises FileRefused: it cannot be read as a whole
    """
    check_rows(text, partner)
    with transaction.atomic():
        if LeadFile.objects.filter(partner=partner, at__gt=at - timedelta(days=1)).count() >= MOST_FILES_A_DAY:
            raise TooManyFiles(f"You brought {MOST_FILES_A_DAY} files within a day. Go on tomorrow")
        LeadFile.objects.filter(partner=partner, by=by, registered_at=None).update(text="")
        return LeadFile.objects.create(partner=partner, name=name[:200], text=text, by=by, at=at)


def register_file(*, file: LeadFile, is_attested: bool, by: User, at: datetime) -> list[Lead]:
    """This function will register the good rows of a file, all of them or none, and let the file go.

    :raises FileIsGone: it was registered before, or a newer one took its place
    :raises PartnerNotActive: the partnership has not begun, or has ended
    :raises NotAttested: the attestation is missing
    :raises TooManyToday: the partner's people registered as many as a day takes
    """
    with transaction.atomic():
        file = LeadFile.objects.select_for_update(no_key=True).select_related("partner").get(pk=file.pk)
        if not file.text:
            raise FileIsGone(f"{file} was registered already, or you brought another file since")
        one_at_a_time()  # So nobody registers one of its companies between the look and the registration.
        rows = [row.values for row in check_rows(file.text, file.partner).rows]
        leads = register_leads(
            partner=file.partner, rows=rows, channel=Channel.FILE, is_attested=is_attested, by=by, at=at
        )
        file.text, file.registered_at, file.registered = "", at, len(leads)
        file.save()
        write_audit(by=by, at=at, action="leads imported", subject=f"lead file {file.pk}", leads=len(leads))
    return leads
