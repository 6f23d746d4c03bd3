from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from affiliates.acting import PartnerRequest, partner_page
from affiliates.forms.people import InviteForm
from affiliates.models import Invitation, Membership
from affiliates.models.partner import MemberRole
from affiliates.services.change_membership import LastOwner, change_role, remove_member
from affiliates.services.invite import InvitationRefused, invite, withdraw_invitation
from parts.shapes import Badge, Tone

BACK = ("settings", "Settings")


@dataclass(frozen=True, slots=True)
class Member:
    """A person of the partner, ready to print."""

    pk: int
    name: str
    email: str
    badge: Badge
    other_role: str
    other_role_name: str
    is_you: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """An invitation that nobody answered yet, ready to print."""

    pk: int
    email: str
    badge: Badge
    until: str


@require_http_methods(["GET", "HEAD", "POST"])
@partner_page(after_the_end=True)
def people(request: PartnerRequest) -> HttpResponse:
    """Who acts for the partner; owners invite others."""
    acting, at = request.acting, timezone.now()
    if request.method == "POST" and not acting.is_owner:
        return render(request, "affiliates/owners_only.html", {"title": "For owners"}, status=403)
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = acting.do(
                invite,
                partner=acting.partner,
                email=form.cleaned_data["email"],
                role=MemberRole(form.cleaned_data["role"]),
                by=acting.user,
                at=at,
            )
        except InvitationRefused as refusal:
            form.add_error("email", f"{refusal}.")
        else:
            messages.success(request, f"An invitation is on its way to {made.email}.")
            return redirect("people")
    members = Membership.objects.filter(partner=acting.partner).select_related("user").order_by("user__name", "pk")
    waiting = Invitation.objects.not_ended().filter(partner=acting.partner)
    context = {
        "title": "People",
        "lead": f"Who acts for {acting.partner}. Owners also change settings, people and where the money goes.",
        "back": (reverse(BACK[0]), BACK[1]),
        "members": [_member(each, acting.user.pk) for each in members],
        "waiting": [_waiting(each, is_old=each.expires_at <= at) for each in waiting],
        "form": form,
    }
    return render(request, "affiliates/settings/people.html", context, status=422 if form.errors else 200)


@require_POST
@partner_page(owners_only=True, after_the_end=True)
def change_person_role(request: PartnerRequest, pk: int) -> HttpResponse:
    """An owner makes somebody an owner or a member."""
    membership = get_object_or_404(Membership, pk=pk, partner=request.acting.partner)
    asked = request.POST.get("role", "")
    if asked not in MemberRole.values:
        messages.error(request, "Choose owner or member.")
        return redirect("people")
    try:
        changed = request.acting.do(
            change_role, membership=membership, to=MemberRole(asked), by=request.acting.user, at=timezone.now()
        )
    except LastOwner as refusal:
        messages.error(request, f"{refusal}.")
    else:
        messages.success(request, f"{changed.user.get_full_name()} is {_article(changed.role)} now.")
    return redirect("people")


@require_http_methods(["GET", "HEAD", "POST"])
@partner_page(owners_only=True, after_the_end=True)
def remove_person(request: PartnerRequest, pk: int) -> HttpResponse:
    """An owner takes somebody out, after a page that asks."""
    rows = Membership.objects.select_related("user")
    membership = get_object_or_404(rows, pk=pk, partner=request.acting.partner)
    name, is_self = membership.user.get_full_name(), membership.user_id == request.acting.user.pk
    if request.method == "POST":
        try:
            request.acting.do(remove_member, membership=membership, by=request.acting.user, at=timezone.now())
        except LastOwner as refusal:
            messages.error(request, f"{refusal}.")
            return redirect("people")
        messages.success(request, f"{name} does not act for {request.acting.partner} any more.")
        return redirect("home" if is_self else "people")
    context = {
        "title": f"Remove {name}?",
        "lead": "They lose access at once. What they did stays in the history.",
        "back": (reverse("people"), "People"),
        "membership": membership,
    }
    return render(request, "affiliates/settings/person_remove.html", context)


@require_POST
@partner_page(owners_only=True, after_the_end=True)
def withdraw(request: PartnerRequest, pk: int) -> HttpResponse:
    """An owner takes an invitation back."""
    invitation = get_object_or_404(Invitation, pk=pk, partner=request.acting.partner)
    try:
        request.acting.do(withdraw_invitation, invitation=invitation, by=request.acting.user, at=timezone.now())
    except InvitationRefused as refusal:
        messages.error(request, f"{refusal}.")
    else:
        messages.success(request, f"The invitation of {invitation.email} is withdrawn.")
    return redirect("people")


def _article(role: str) -> str:
    return "an owner" if role == MemberRole.OWNER else "a member"


def _badge(role: str) -> Badge:
    return Badge(MemberRole(role).label, Tone.INFO if role == MemberRole.OWNER else Tone.NEUTRAL)


def _member(row: Membership, you: int) -> Member:
    other = MemberRole.MEMBER if row.role == MemberRole.OWNER else MemberRole.OWNER
    return Member(
        pk=row.pk,
        name=row.user.get_full_name(),
        email=row.user.email,
        badge=_badge(row.role),
        other_role=other.value,
        other_role_name=_article(other),
        is_you=row.user_id == you,
    )


def _waiting(row: Invitation, *, is_old: bool) -> Waiting:
    until = f"{row.expires_at.day} {row.expires_at:%B %Y}"
    return Waiting(
        row.pk, row.email, _badge(row.role), f"Expired on {until}; invite again" if is_old else f"Good until {until}"
    )
