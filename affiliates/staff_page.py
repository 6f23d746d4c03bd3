"""The pages of the company's own people: each names the right that opens it."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from accounts.models import User
from accounts.rights import Right, may, require
from affiliates.models import Program
from parts.formats import short_day

# Where somebody's day begins: the first of these pages that they may open.
FIRST_PAGES = (
    (Right.SEE_PROGRAM, "staff_overview"),
    (Right.RUN_MONTHS, "staff_months"),
    (Right.SEE_LEADS, "staff_board"),
)
TOO_LONG = 16  # No table has as many rows as a number of so many digits.


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody of the company at work."""

    user: User
    program: Program
    today: date


class StaffRequest(HttpRequest):
    """A request to a page of the company's people."""

    staff: Staff
    user: User


Page = Callable[..., HttpResponseBase]


def staff_page(right: Right) -> Callable[[Page], Page]:
    """This decorator makes a view a page for those who hold a right, with `request.staff`.

    Its moments are in the program's time zone. `page.right` tells the navigation, and the tests that walk
    the address table, who may open it.
    """

    def decorate(view: Page) -> Page:
        @login_required
        @wraps(view)
        def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            user = cast(User, request.user)
            require(user, right)
            program = Program.current()
            today = program.day(timezone.now())
            request.staff = Staff(user, program, today)  # type: ignore[attr-defined]
            with timezone.override(program.time_zone):
                return view(request, *args, **kwargs)

        page.right = right  # type: ignore[attr-defined]
        return page

    return decorate


def asked_key(text: str) -> int:
    """The key of a row that an address or a form names; 0, which no row has, where it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < TOO_LONG else 0


def first_page(user: User) -> str:
    """The address at which somebody of the company begins."""
    for right, name in FIRST_PAGES:
        if may(user, right):
            with suppress(NoReverseMatch):
                return reverse(name)
    return reverse("admin:index")


def moment(at: datetime | None) -> str:
    """A moment in the program's time zone, for a sentence or a cell; nothing where it has not come."""
    if at is None:
        return ""
    here = timezone.localtime(at)
    return f"{short_day(here.date())}, {here:%H:%M}"


def who(user: User | None) -> str:
    """Somebody's name; the system where it acted by itself."""
    return user.get_full_name() if user is not None else "the system"
