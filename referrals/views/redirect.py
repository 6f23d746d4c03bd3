from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from referrals.services.follow_link import Visit, follow_link
from referrals.visitors import mark

READING = ("GET", "HEAD")
AHEAD = ("prefetch", "prerender", "preview")


def follow(request: HttpRequest, code: str) -> HttpResponse | None:
    """Lead a visitor on to where a partner's link leads, with a click; None where it leads nowhere."""
    now = timezone.now()
    target = follow_link(code=code, visit=visit_of(request, at=now), at=now)
    if not target:
        return None
    answer = HttpResponseRedirect(target)
    answer["Content-Length"] = "0"
    answer["Cache-Control"] = "no-store"
    answer["X-Robots-Tag"] = "noindex, nofollow"
    return answer


@require_safe
def leads_nowhere(request: HttpRequest, code: str) -> HttpResponse:
    """Nobody has such a link: the others were followed before they came here (`referrals/middleware.py`)."""
    return render(request, "referrals/link_unknown.html", {"title": "This link leads nowhere"}, status=404)


def visit_of(request: HttpRequest, *, at: datetime) -> Visit:
    """What is kept of a visitor."""
    given = request.META
    purpose = f"{given.get('HTTP_SEC_PURPOSE', '')} {given.get('HTTP_PURPOSE', '')}".lower()
    return Visit(
        visitor=mark(request, at=at),
        is_probe=request.method == "HEAD" or any(word in purpose for word in AHEAD),
        referrer=given.get("HTTP_REFERER", ""),
        agent=given.get("HTTP_USER_AGENT", ""),
    )
