"""The short way for `/r/<code>`: it needs no session, no person and no page, and it has to be quick."""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from referrals.models.link import CODE_LENGTH
from referrals.views.redirect import READING, follow

SHORT = re.compile(rf"/r/([A-Za-z0-9-]{{1,{CODE_LENGTH}}})/?")
Answer = Callable[[HttpRequest], HttpResponse]


def short_links(get_response: Answer) -> Answer:
    """Answers where a partner's link leads somewhere, before all other middleware; everything else goes its way."""

    def answer(request: HttpRequest) -> HttpResponse:
        found = SHORT.fullmatch(request.path_info) if request.method in READING else None
        return (follow(request, found[1]) if found else None) or get_response(request)

    return answer
