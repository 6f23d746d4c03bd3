"""For which partner a person acts: each page of a partner is made with that partner's rows, and with no others."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone

from accounts.models import User
from accounts.row_security import rows_of, whole_program
from affiliates.models import Membership, Partner, Program
from affiliates.models.partner import MemberRole

CHOSEN = "partner"  # Where a session keeps which partner its person acts for.
READING = ("GET", "HEAD", "OPTIONS")
Arguments = ParamSpec("Arguments")
Outcome = TypeVar("Outcome")


@dataclass(frozen=True, slots=True)
class Acting:
    """A person, the partner that they act for now, and their other partners."""

    user: User
    partner: Partner
    role: str
    others: tuple[Partner, ...]
    today: date
    program: Program

    @property
    def is_owner(self) -> bool:
        return self.role == MemberRole.OWNER

    @property
    def has_ended(self) -> bool:
        """Whether the partnership is over: what was earned is still paid, the rest is there to read (10)."""
        return self.partner.terminated_on is not None and self.today > self.partner.terminated_on

    def do(self, step: Callable[Arguments, Outcome], *args: Arguments.args, **arguments: Arguments.kwargs) -> Outcome:
        """This function will take one step of the program with the application's own rights.

        A page is made as the partner, who may read its own rows and write none; every service is called
        through here.
        """
        with whole_program():
            return step(*args, **arguments)


class PartnerRequest(HttpRequest):
    """A request to a page of a partner."""

    acting: Acting
    user: User


Page = Callable[..., HttpResponseBase]


def partner_page(*, owners_only: bool = False, after_the_end: bool = False) -> Callable[[Page], Page]:
    """This decorator makes a view a partner's page, with `request.acting`.

    It shows nothing of other partners, whatever the view asks the database for, and its moments are in the
    program's time zone. With `owners_only` the
    partner's other members are refused. After the end of a partnership only reading is left, unless
    `after_the_end`.
    """

    def decorate(view: Page) -> Page:
        @login_required
        @wraps(view)
        def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            acting = find_acting(request)
            if acting is None:
                return _no_partner(request)
            request.acting = acting  # type: ignore[attr-defined]
            if owners_only and not acting.is_owner:
                return render(request, "affiliates/owners_only.html", {"title": "For owners"}, status=403)
            if acting.has_ended and not after_the_end and request.method not in READING:
                messages.error(request, "The partnership has ended: there is nothing here to change any more.")
                return redirect("home")
            with timezone.override(acting.program.time_zone), rows_of(acting.partner.pk):
                return view(request, *args, **kwargs)

        return page

    return decorate


def find_acting(request: HttpRequest) -> Acting | None:
    """For whom a person acts: the partner chosen last, else the first; None for somebody without one."""
    if not request.user.is_authenticated:
        return None
    user = request.user
    memberships = list(
        Membership.objects.filter(user=user.pk).select_related("partner").order_by("partner__name", "pk")
    )
    if not memberships:
        return None
    chosen = request.session.get(CHOSEN)
    program = Program.current()
    current = next((each for each in memberships if each.partner_id == chosen), memberships[0])
    return Acting(
        user=user,
        partner=current.partner,
        role=current.role,
        others=tuple(each.partner for each in memberships if each is not current),
        today=program.day(timezone.now()),
        program=program,
    )


def _no_partner(request: HttpRequest) -> HttpResponse:
    if cast(User, request.user).is_staff:
        return redirect("admin:index")
    return render(request, "affiliates/no_partner.html", status=403)
