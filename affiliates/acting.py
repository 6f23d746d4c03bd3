"""For which partner a person acts: each page of a partner is made with that partner's rows, and with no others."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone

from accounts.models import User
from accounts.reading import read_rows
from accounts.rights import Right, may
from accounts.row_security import rows_of, whole_program
from affiliates.models import Partner, Program
from affiliates.models.partner import MemberRole
from affiliates.services.help_partner import begin_help, end_help
from affiliates.staff_page import first_page
from parts.shapes import Shape

CHOSEN = "partner"  # Where a session keeps which partner its person acts for.
ACTING_FOR = "acting_for"  # The field of a form that says for which partner it was opened.
HELPING = "helping"  # Where a session keeps as which partner somebody of the company looks, and until when.
READING = ("GET", "HEAD", "OPTIONS")
# The partners that a person may act for, by name, each with the person's role and the program: each page asks it.
MEMBER_OF = """
    SELECT {partner}, {program}, membership.role
    FROM affiliates_membership AS membership
    JOIN affiliates_partner AS partner ON partner.id = membership.partner_id
    JOIN affiliates_program AS program ON program.id = 1
    WHERE membership.user_id = %s
    ORDER BY partner.name, membership.id
"""
Arguments = ParamSpec("Arguments")
Outcome = TypeVar("Outcome")


@dataclass(frozen=True, slots=True)
class Acting(Shape):
    """A person, the partner that they act for now, and their other partners.

    `helping_until` is set for somebody of the company who looks as the partner: they see what an owner sees and
    change nothing.
    """

    user: User
    partner: Partner
    role: str
    others: tuple[Partner, ...]
    today: date
    program: Program
    helping_until: datetime | None = None

    @property
    def is_owner(self) -> bool:
        return self.role == MemberRole.OWNER

    @property
    def has_ended(self) -> bool:
        return self.partner.has_ended(on=self.today)

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
    `after_the_end`. A form that was opened for another partner than the one acted for now changes nothing.
    """

    def decorate(view: Page) -> Page:
        @login_required
        @wraps(view)
        def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            acting = find_acting(request)
            if acting is None:
                return _no_partner(request)
            request.acting = acting  # type: ignore[attr-defined]
            if acting.helping_until and request.method not in READING:
                return refuse_change(request, acting)
            if request.method not in READING and not _is_of(request.POST.get(ACTING_FOR), acting):
                return _of_another_partner(request, acting)
            if owners_only and not acting.is_owner:
                return render(request, "affiliates/owners_only.html", {"title": "For owners"}, status=403)
            if acting.has_ended and not after_the_end and request.method not in READING:
                messages.error(request, "The partnership has ended: there is nothing here to change any more.")
                return redirect("home")
            with timezone.override(acting.program.time_zone), rows_of(acting.partner.pk):
                if acting.helping_until:
                    _write_nothing()
                return view(request, *args, **kwargs)

        return page

    return decorate


def find_acting(request: HttpRequest) -> Acting | None:
    """For whom a person acts: the partner chosen last, else the first; None for somebody without one.

    Somebody of the company who looks as a partner acts for that one, whichever are their own.
    """
    if not request.user.is_authenticated:
        return None
    user = request.user
    if HELPING in request.session and (helping := _find_helping(request, user)):
        return helping
    standing = read_rows(MEMBER_OF, [user.pk], partner=Partner, program=Program)
    if not standing:
        return None
    chosen = request.session.get(CHOSEN)
    current, program, role = next((row for row in standing if row[0].pk == chosen), standing[0])
    return Acting(
        user=user,
        partner=current,
        role=role,
        others=tuple(partner for partner, _, _ in standing if partner is not current),
        today=program.day(timezone.now()),
        program=program,
    )


def start_helping(request: HttpRequest, partner: Partner) -> None:
    """This function will let somebody of the company look as a partner for a while, in this session alone.

    :raises NotPermitted: they do not hold the right
    """
    stop_helping(request, why="Another partner was chosen")
    until = begin_help(partner=partner, by=cast(User, request.user), at=timezone.now())
    request.session[HELPING] = {"partner": partner.pk, "until": until.isoformat()}


def stop_helping(request: HttpRequest, *, why: str) -> Partner | None:
    """This function will end it and say as which partner they looked; None where they looked as nobody."""
    kept = request.session.pop(HELPING, None)
    if kept is None:
        return None
    partner = Partner.objects.get(pk=kept["partner"])
    end_help(partner=partner, why=why, by=cast(User, request.user), at=timezone.now())
    return partner


def refuse_change(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Nothing is changed by who only looks."""
    request.acting = acting  # type: ignore[attr-defined]
    return render(request, "affiliates/look_only.html", {"title": "Nothing was changed"}, status=403)


def _find_helping(request: HttpRequest, user: User) -> Acting | None:
    """As whom somebody looks; it ends by itself after its time, and with the right to it."""
    kept, now = request.session[HELPING], timezone.now()
    until = datetime.fromisoformat(kept["until"])
    if now >= until:
        stop_helping(request, why="Its time was over")
        messages.info(request, "Your time to look as the partner is over. Begin again from the partner's page.")
        return None
    if not may(user, Right.HELP_PARTNERS):
        stop_helping(request, why="The right to it was taken away")
        return None
    program = Program.current()
    return Acting(
        user=user,
        partner=Partner.objects.get(pk=kept["partner"]),
        role=MemberRole.OWNER,
        others=(),
        today=program.day(now),
        program=program,
        helping_until=until,
    )


def _write_nothing() -> None:
    """Until the page is made, PostgreSQL refuses to write anything, with the application's own rights too."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL transaction_read_only = on")


def _is_of(said: str | None, acting: Acting) -> bool:
    """Whether a form is of the partner acted for; one that does not say may be, where there is no other."""
    return said == str(acting.partner.pk) or (said is None and not acting.others)


def _of_another_partner(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Nothing is done with a form that was opened before its person switched to another partner."""
    said = request.POST.get(ACTING_FOR)
    came_from = urlsplit(request.headers.get("Referer", ""))
    context = {
        "title": "Nothing was changed",
        "is_silent": said is None,
        "opened_for": next((each for each in acting.others if str(each.pk) == said), None),
        "page": came_from.path if came_from.netloc == request.get_host() else "",
    }
    return render(request, "affiliates/another_partner.html", context, status=409)


def _no_partner(request: HttpRequest) -> HttpResponse:
    if cast(User, request.user).is_staff:
        return redirect(first_page(cast(User, request.user)))
    return render(request, "affiliates/no_partner.html", status=403)
