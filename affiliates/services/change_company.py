from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.services.write_audit import write_audit
from affiliates.models import Partner, Program
from notices.models import NoticeKind
from notices.services.tell_person import tell_person

FIELDS = ("name", "email", "address")


def change_company(*, partner: Partner, name: str, email: str, address: str, by: User, at: datetime) -> Partner:
    """This function will change how a partner is called and reached; the old e-mail address is told of a new one."""
    new = {"name": name, "email": email, "address": address}
    with transaction.atomic():
        partner = Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
        old = {field: getattr(partner, field) for field in FIELDS}
        changed = [field for field in FIELDS if old[field] != new[field]]
        if not changed:
            return partner
        for field in changed:
            setattr(partner, field, new[field])
        partner.save(update_fields=changed)
        changes = {f"{when}_{field}": row[field] for field in changed for when, row in (("old", old), ("new", new))}
        entry = write_audit(by=by, at=at, action="company changed", subject=f"partner {partner.reference}", **changes)
        if "email" in changed:
            for recipient in {old["email"].lower(), email.lower()}:
                _tell(entry.pk, recipient, partner, old["email"], by, at)
    return partner


def _tell(entry: int, recipient: str, partner: Partner, old: str, by: User, at: datetime) -> None:
    program = Program.current()
    tell_person(
        recipient=recipient,
        kind=NoticeKind.SECURITY,
        key=f"company e-mail:{entry}:{recipient}"[:200],
        subject=f"The e-mail address of {partner} was changed",
        paragraphs=(
            f"{by.get_full_name()} changed the e-mail address of {partner} from {old} to {partner.email}.",
            f"If that is not right, write to {program.company_email}.",
        ),
        partner_id=partner.pk,
        about=partner.name,
        at=at,
    )
