"""What CRMs call when a deal changed: kept at once, read later."""

import logging
from functools import partial

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.sealed import DetailsUnreadable
from integrations.crm.models import Connection, CrmKind, Hook
from integrations.crm.models.hook import MOST_BYTES
from integrations.crm.services.take_hook import take_hook
from integrations.crm.tasks import work_calls
from integrations.crm.vendors.hooks import NotTheirs

logger = logging.getLogger(__name__)


def hook_url(kind: str) -> str:
    """The address that a CRM is told; HubSpot signs it as well, so it is made of the public address alone."""
    return f"{settings.PUBLIC_URL}{reverse('crm_hook', args=[kind])}"


@csrf_exempt
@require_POST
def crm_hook(request: HttpRequest, kind: str) -> HttpResponse:
    """Takes a call of a CRM: 204 where it is kept, or was kept before; 401 where it is not signed."""
    connection = Connection.objects.kept().filter(kind=kind, is_on=True).first() if kind in CrmKind.values else None
    if connection is None:
        raise Http404
    try:
        if int(request.headers.get("Content-Length") or 0) > MOST_BYTES:
            return HttpResponse(status=413)
        body = request.read(MOST_BYTES + 1)
    except (ValueError, UnreadablePostError):
        return HttpResponse(status=400)
    if len(body) > MOST_BYTES:
        return HttpResponse(status=413)
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        hook = take_hook(connection=connection, headers=headers, body=body, url=hook_url(kind), at=timezone.now())
    except NotTheirs:
        return HttpResponse(status=401)
    except DetailsUnreadable:
        logger.exception("The webhook secret of %s cannot be read", connection)
        return HttpResponse(status=503)
    # Where another call waits already, whoever works that one works this one as well.
    if hook is not None and not _is_other_waiting(hook):
        transaction.on_commit(partial(work_calls.delay, str(connection.pk)))
    return HttpResponse(status=204)


def _is_other_waiting(hook: Hook) -> bool:
    waiting = Hook.objects.filter(connection_id=hook.connection_id, worked_at__isnull=True)
    return waiting.exclude(pk=hook.pk).exists()
