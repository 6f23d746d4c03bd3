from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit
from referrals.companies import SHARED, registrable_domain
from referrals.models import BlockedDomain


class CannotBeBlocked(Exception):
    """The domain is no company's; the message says why."""


@needs(Right.CHANGE_PROGRAM)
def block_domain(*, domain: str, reason: str, by: User | None, at: datetime) -> BlockedDomain:
    """This function will block a domain: whoever registers its company from now on waits for sales to decide.

    `domain` is any address of the site. One that is blocked already stays as it is.

    :raises CannotBeBlocked: there is no such domain, or anybody has a mailbox or a page at it
    """
    registrable = registrable_domain(domain)
    if not registrable:
        raise CannotBeBlocked(f"“{domain}” is no domain; write it like acme.com")
    if registrable in SHARED:
        raise CannotBeBlocked(f"At {registrable} anybody has a mailbox or a page: it says nothing of a company")
    with transaction.atomic():
        told = {"reason": reason, "by": by, "at": at}
        blocked, is_new = BlockedDomain.objects.get_or_create(domain=registrable, defaults=told)
        if is_new:
            write_audit(by=by, at=at, action="domain blocked", subject=f"domain {registrable}", reason=reason)
    return blocked


@needs(Right.CHANGE_PROGRAM)
def unblock_domain(*, blocked: BlockedDomain, by: User | None, at: datetime) -> None:
    """This function will take a domain off the list; conflicts that it opened stay for sales to decide."""
    with transaction.atomic():
        count, _ = BlockedDomain.objects.filter(pk=blocked.pk).delete()
        if count:
            write_audit(by=by, at=at, action="domain unblocked", subject=f"domain {blocked.domain}")
