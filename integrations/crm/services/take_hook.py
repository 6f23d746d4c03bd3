import hashlib
from datetime import datetime
from uuid import UUID

from django.db import transaction

from integrations.crm.models import Connection, Hook, LeadSync
from integrations.crm.models.hook import KEPT
from integrations.crm.services.move_sync import ask
from integrations.crm.vendors.common import Kind
from integrations.crm.vendors.hooks import CannotBeRead, check_hook, named_ids

AT_ONCE = 1000
HIDDEN = "…"


def take_hook(*, connection: Connection, headers: dict[str, str], body: bytes, url: str, at: datetime) -> Hook | None:
    """This function will keep a call of a CRM, once; None where the same call waits already.

    A call that says the same as one that was worked is worked again: Zoho's are all alike. The secret is not kept.

    :raises NotTheirs: the call is not signed with the connection's secret
    :raises DetailsUnreadable: the secret cannot be read
    """
    secret = connection.secret()
    check_hook(Kind(connection.kind), secret=secret, headers=headers, body=body, url=url, at=at)
    hook, is_new = Hook.objects.get_or_create(
        connection=connection,
        digest=hashlib.sha256(body).hexdigest(),
        defaults={"at": at, "body": body.decode(errors="replace").replace(secret, HIDDEN).replace("\0", "")},
    )
    if not is_new and Hook.objects.filter(pk=hook.pk, worked_at__isnull=False).update(worked_at=None, at=at) == 0:
        return None
    return hook


def work_hooks(*, connection_id: UUID, at: datetime) -> set[str]:
    """This function will make due what the calls of a CRM name, each call once, and give the deals."""
    with transaction.atomic():
        waiting = Hook.objects.filter(connection_id=connection_id, worked_at__isnull=True).select_related("connection")
        hooks = list(waiting.select_for_update(skip_locked=True, of=("self",)).order_by("pk")[:AT_ONCE])
        named: set[str] = set()
        for hook in hooks:
            try:
                named |= set(named_ids(Kind(hook.connection.kind), hook.body))
            except CannotBeRead as error:
                hook.error = str(error)
            hook.worked_at = at
        Hook.objects.bulk_update(hooks, ["worked_at", "error"])
        if named:
            ask(LeadSync.objects.filter(connection_id=connection_id, their_id__in=named), at=at)
    return named


def forget_hooks(*, at: datetime) -> int:
    """This function will delete the calls that were worked long ago."""
    return Hook.objects.filter(worked_at__isnull=False, at__lte=at - KEPT).delete()[0]
