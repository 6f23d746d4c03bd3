from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.services.write_audit import write_audit
from referrals.models import Lead
from referrals.services.register_lead import NotAttested


class NothingToAttest(Exception):
    """The lead is attested already, or has ended."""


def attest_lead(*, lead: Lead, is_attested: bool, by: User, at: datetime) -> Lead:
    """This function will note that a partner stands for a lead that came by e-mail: the company has a genuine
    interest and is not known to violate TCPA, FTC, FCC or DNC rules (14, A). Sales can move it from then on.

    That `by` acts for the lead's partner is looked at by the door.

    :raises NotAttested: the attestation is missing
    :raises NothingToAttest: it is attested already, or has ended
    """
    if not is_attested:
        raise NotAttested("Confirm that the company is interested and not known to violate TCPA, FTC, FCC or DNC rules")
    with transaction.atomic():
        lead = Lead.objects.select_for_update(no_key=True).get(pk=lead.pk)
        if lead.is_attested or lead.has_ended:
            raise NothingToAttest(f"{lead} has ended" if lead.has_ended else f"{lead} is confirmed already")
        lead.is_attested = True
        lead.save(update_fields=["is_attested"])
        write_audit(by=by, at=at, action="lead attested", subject=f"lead {lead.pk}")
    return lead
