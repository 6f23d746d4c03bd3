from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from affiliates.models import Program

# The pages of a partner as the navigation names them; the second group stands apart.
PAGES = (
    ("Overview", "home"),
    ("Leads", "leads"),
    ("Links", "links"),
    ("Clients", "clients"),
    ("Commissions", "commissions"),
    ("Payouts", "payouts"),
)
APART = (("Agreement", "agreement"), ("Notices", "notices"), ("Settings", "settings"))


@dataclass(frozen=True, slots=True)
class Item:
    label: str
    url: str
    is_current: bool
    is_apart: bool


def program(request: HttpRequest) -> dict[str, Any]:
    """This context processor will give every page the program, and a partner's page its navigation."""
    context: dict[str, Any] = {"program": SimpleLazyObject(Program.current)}
    acting = getattr(request, "acting", None)
    if acting is not None:
        context |= {"program": acting.program, "acting": acting, "navigation": navigation(request.path)}
    return context


def navigation(path: str) -> list[Item]:
    """The pages of a partner, the one that `path` lies in marked."""
    items = []
    for label, name in (*PAGES, *APART):
        url = reverse(name)
        is_current = path == url if url == "/" else path.startswith(url)
        items.append(Item(label, url, is_current, is_apart=(label, name) == APART[0]))
    return items
