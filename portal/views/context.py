from functools import cache, lru_cache
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import SafeString

from accounts.models import User
from accounts.rights import Right, may
from affiliates.models import Program
from parts.addresses import page_url

# The pages of a partner as the navigation names them; the second group stands apart.
PAGES = (
    ("Overview", "home"),
    ("Leads", "leads"),
    ("Links", "links"),
    ("Clients", "clients"),
    ("Commissions", "commissions"),
    ("Payouts", "payouts"),
)
APART = (
    ("Agreement", "agreement"),
    ("Resources", "resources"),
    ("Notices", "notices"),
    ("Settings", "settings"),
)

# The pages of the company's people, each with the right that opens it.
STAFF_GROUPS = ("Sales", "Finance", "Program")
STAFF_PAGES: tuple[tuple[tuple[str, str, Right], ...], ...] = (
    (
        ("Board", "staff_board", Right.SEE_LEADS),
        ("All leads", "staff_leads", Right.SEE_LEADS),
        ("Conflicts", "staff_conflicts", Right.DECIDE_CONFLICTS),
        ("Introductions", "staff_introductions", Right.MOVE_LEADS),
        ("CRM sync", "staff_crm_leads", Right.SEE_LEADS),
        ("Sales team", "staff_team", Right.RUN_SALES),
    ),
    (
        ("Months", "staff_months", Right.SEE_MONEY),
        ("Payouts", "staff_payouts", Right.SEE_MONEY),
        ("Payment files", "staff_payment_files", Right.SEE_MONEY),
        ("Adjustments", "staff_adjustments", Right.SEE_MONEY),
        ("Disputes", "staff_disputes", Right.SEE_MONEY),
        ("Chargebacks", "staff_chargebacks", Right.SEE_MONEY),
        ("Liability", "staff_liability", Right.SEE_MONEY),
        ("Books", "staff_journal", Right.EXPORT_BOOKS),
        ("Stripe", "staff_stripe", Right.SEE_MONEY),
    ),
    (
        ("Overview", "staff_overview", Right.SEE_PROGRAM),
        ("Partners", "staff_partners", Right.SEE_PROGRAM),
        ("Applications", "staff_applications", Right.DECIDE_APPLICATIONS),
        ("What falls due", "staff_due", Right.SEE_PROGRAM),
        ("Plans", "staff_plans", Right.GIVE_PLANS),
        ("Agreement", "staff_agreement", Right.PUBLISH_AGREEMENTS),
        ("Violations", "staff_violations", Right.JUDGE_VIOLATIONS),
        ("Resources", "staff_resources", Right.CHANGE_PROGRAM),
        ("People and roles", "staff_people", Right.MANAGE_PEOPLE),
        ("API keys", "staff_keys", Right.MANAGE_KEYS),
        ("Webhooks", "staff_webhooks", Right.MANAGE_KEYS),
        ("Integrations", "staff_integrations", Right.MANAGE_INTEGRATIONS),
        ("Audit trail", "staff_audit", Right.SEE_AUDIT),
        ("Settings", "staff_settings", Right.CHANGE_PROGRAM),
    ),
)


OF_PARTNERS = "/admin/program/clients/"  # A client’s page is one of its partner’s.


class Item(NamedTuple):
    label: str
    url: str
    is_current: bool
    is_apart: bool
    group: str = ""  # What the pages from here on are about.


def program(request: HttpRequest) -> dict[str, Any]:
    """This context processor will give every page the program, and a partner's page its navigation."""
    context: dict[str, Any] = {"program": SimpleLazyObject(Program.current)}
    acting = getattr(request, "acting", None)
    if acting is not None:
        context |= {"program": acting.program, "acting": acting, "navigation": drawn(navigation(request.path))}
    staff = getattr(request, "staff", None)
    if staff is not None:
        context |= {"program": staff.program, "navigation": drawn(staff_navigation(staff.user, request.path))}
    return context


@lru_cache(maxsize=256)
def drawn(items: tuple[Item, ...]) -> SafeString:
    """The navigation as HTML, kept for each of the pages that can be open: every page shows it."""
    return render_to_string("navigation.html", {"items": items})


def navigation(path: str) -> tuple[Item, ...]:
    """The pages of a partner, the one that `path` lies in marked."""
    return tuple(
        Item(label, url, path == url if url == "/" else path.startswith(roots), is_apart)
        for label, url, roots, is_apart in _places()
    )


@cache
def _places() -> tuple[tuple[str, str, tuple[str, ...], bool], ...]:
    """Each page's name, its address, what the addresses of its pages begin with, and whether it begins a group."""
    places = []
    for label, name in (*PAGES, *APART):
        url = page_url(name)
        roots = (url, page_url("disputes")) if name == "commissions" else (url,)
        places.append((label, url, roots, (label, name) == APART[0]))
    return tuple(places)


def staff_navigation(user: User, path: str) -> tuple[Item, ...]:
    """The pages that somebody of the company may open; the first of each group names it."""
    items: list[Item] = []
    path = page_url("staff_partners") if path.startswith(OF_PARTNERS) else path
    groups = [[(label, page_url(name)) for label, name, right in group if may(user, right)] for group in STAFF_PAGES]
    # Of pages that lie in each other the innermost is the one that is open.
    current = max((url for group in groups for _, url in group if path.startswith(url)), key=len, default="")
    for name, group in zip(STAFF_GROUPS, groups, strict=True):
        for number, (label, url) in enumerate(group):
            items.append(Item(label, url, url == current, is_apart=False, group="" if number else name))
    return tuple(items)
