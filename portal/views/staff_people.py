"""The company's people: their roles, and whether they sign in safely."""

from collections.abc import Sequence
from urllib.parse import urlencode

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Role, User
from accounts.rights import HOLDERS, Right, may
from accounts.services.give_roles import RolesRefused, give_roles
from affiliates.staff_page import StaffRequest, staff_page
from parts.formats import short_day
from parts.listing import Column, Listing
from parts.shapes import Badge, Cell, Empty, Tone
from portal.forms import RolesForm

SECOND_STEPS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
ROLES_APART = "; "
COLUMNS = {
    "name": Column("Person", sort=("name", "email")),
    "roles": Column("Roles"),
    "seen": Column("Last sign-in", sort=("last_login",)),
    "second": Column("Second step"),
    "state": Column("State"),
}
NOBODY = Empty("Nobody of the company", "Add the first person in the admin.")


@require_safe
@staff_page(Right.MANAGE_PEOPLE)
def staff_people(request: StaffRequest) -> HttpResponseBase:
    listing = Listing(
        request,
        _staff(),
        COLUMNS,
        _line,
        "name",
        NOBODY,
        record=_record,
        record_header=("Name", "E-mail", "Roles", "Last sign-in", "Second step", "Active"),
        label="The company’s people",
    )
    if listing.wants_csv:
        return listing.csv("people")
    context = {
        "title": "People and roles",
        "lead": "Who of the company may do what. Partners’ people are on their partner’s page.",
        "listing": listing,
        "may_add": request.staff.user.has_perm("accounts.add_user"),
        "rights": [(right.label, [role in HOLDERS[right] for role in Role]) for right in Right],
        "roles": [role.value for role in Role],
    }
    return render(request, "portal/staff/people.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Right.MANAGE_PEOPLE)
def staff_person(request: StaffRequest, pk: int) -> HttpResponse:
    """One of the company's people: the roles are given and taken here."""
    person = get_object_or_404(_staff(), pk=pk)
    held = [group.name for group in person.groups.all()]
    shown = {"roles": held, "seen": ROLES_APART.join(sorted(set(held) & set(Role.values)))}
    form = RolesForm(request.POST if request.method == "POST" else None, initial=shown)
    if form.is_bound and form.is_valid():
        try:
            roles = [Role(name) for name in form.cleaned_data["roles"]]
            seen = (
                [name for name in form.cleaned_data["seen"].split(ROLES_APART) if name] if "seen" in form.data else None
            )
            give_roles(person=person, roles=roles, by=request.staff.user, at=timezone.now(), seen=seen)
        except RolesRefused as refusal:
            form.add_error("roles", f"{refusal}.")
            again = request.POST.copy()
            again["seen"] = str(shown["seen"])
            form.data = again
        else:
            messages.success(request, f"The roles of {person.get_full_name()} are saved.")
            return redirect("staff_people")
    context = {
        "title": person.get_full_name(),
        "back": (reverse("staff_people"), "People and roles"),
        "person": person,
        "badges": [Badge(name, Tone.INFO) for name in held],
        "second": _second(person),
        "form": form,
        "is_self": person.pk == request.staff.user.pk,
        "audit_url": f"{reverse('staff_audit')}?{urlencode({'person': person.email})}"
        if may(request.staff.user, Right.SEE_AUDIT)
        else "",
        "admin_url": reverse("admin:accounts_user_change", args=[person.pk]),
    }
    return render(request, "portal/staff/person.html", context, status=422 if form.errors else 200)


def _staff() -> "QuerySet[User]":
    second = Authenticator.objects.filter(user=OuterRef("pk"), type__in=SECOND_STEPS)
    return User.objects.filter(is_staff=True).annotate(has_second=Exists(second)).prefetch_related("groups")


def _line(row: User) -> Sequence[Cell]:
    return (
        Cell(row.get_full_name(), below=row.email, url=reverse("staff_person", args=[row.pk])),
        Cell(", ".join(_roles(row)) or "None"),
        Cell(short_day(timezone.localdate(row.last_login)) if row.last_login else "Never"),
        Cell(badge=_second(row)),
        Cell(badge=Badge("Active", Tone.GOOD) if row.is_active else Badge("Switched off")),
    )


def _record(row: User) -> Sequence[object]:
    return (
        row.name,
        row.email,
        ", ".join(_roles(row)),
        row.last_login.isoformat() if row.last_login else "",
        "yes" if row.has_second else "no",  # type: ignore[attr-defined]
        "yes" if row.is_active else "no",
    )


def _roles(row: User) -> list[str]:
    roles = sorted(group.name for group in row.groups.all())
    return ["Superuser", *roles] if row.is_superuser else roles


def _second(row: User) -> Badge:
    return Badge("Yes", Tone.GOOD) if row.has_second else Badge("No", Tone.WAITING)  # type: ignore[attr-defined]
