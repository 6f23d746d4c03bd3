"""The portal's addresses and two more, to measure its pages against: an empty view and a bare list."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from config.urls import urlpatterns as shipped
from parts.listing import PAGE_SIZE
from referrals.models import Lead

ROWS = engines["django"].from_string(
    "<table>{% for key, company, domain, stage, on in rows %}<tr>"
    '<td><a href="/leads/{{ key }}/">{{ company }}</a><td>{{ domain }}<td>{{ stage }}<td>{{ on }}</tr>'
    "{% endfor %}</table>"
)


def empty(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")


@login_required
def bare_list(request: HttpRequest, partner: int) -> HttpResponse:
    """The least that Django does for a list: a session, a user, one query, and rows through a template.

    No models are made of the rows, and there is neither membership nor row-level security, frame nor filter.
    """
    shown = ("pk", "company", "domain", "stage", "registered_on")
    leads = Lead.objects.filter(partner_id=partner).order_by("-registered_on", "-pk").values_list(*shown)
    return HttpResponse(ROWS.render({"rows": leads[:PAGE_SIZE]}, request))


urlpatterns = [path("empty/", empty), path("bare-list/<int:partner>/", bare_list), *shipped]
