"""Turning a kind of e-mail off with the link in it, without signing in."""

from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from notices.models import Notice, NoticeKind
from notices.services.render_notice import SALT, may_be_off
from notices.services.set_pace import turn_off

GONE = 410


@csrf_exempt  # The signature in the address is the permission; mail programs post here by themselves (RFC 8058).
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def notice_off(request: HttpRequest, token: str) -> HttpResponse:
    """Asks before it turns off, since mail programs and scanners follow links; what posts means it."""
    notice = _find(token)
    if notice is None or not may_be_off(notice):
        return render(request, "notices/off_gone.html", status=GONE)
    if request.method == "POST":
        turn_off(notice=notice, at=timezone.now())
    context = {
        "notice": notice,
        "kind": notice.get_kind_display(),
        "is_digest": notice.kind == NoticeKind.DIGEST,
        "is_done": request.method == "POST",
    }
    return render(request, "notices/off.html", context)


def _find(token: str) -> Notice | None:
    """The notice whose e-mail the link stands in; None where the link is not one of ours."""
    try:
        number = int(Signer(salt=SALT).unsign(token))
    except (BadSignature, ValueError):
        return None
    return Notice.objects.select_related("person").filter(pk=number).first()
