from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from affiliates.acting import PartnerRequest, partner_page
from affiliates.forms.people import InviteForm
from affiliates.models import Invitation, Membership
from affiliates.models.partner import MemberRole
from affiliates.services.change_membership import LastOwner, change_role, remove_member
from affiliates.services.invite import InvitationRefused, invite, withdraw_invitation
from affiliates.views.confirmed_person import confirmed_person
from affiliates.views.form_elsewhere import LEADS_BACK, back_to_form
from parts.shapes import Badge, Tone

OWNERS = "Owners also change settings, people and where the money goes."


@dataclass(frozen=True, slots=True)
class Member:
    """A person of the partner, ready to print."""

    pk: int
    name: str
    email: str
    badge: Badge
    other_role: str
    is_you: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """An invitation that nobody answered yet, ready to print."""

    pk: int
    email: str
    badge: Badge
    until: str


@require_safe
@partner_page(after_the_end=True)
def people(request: PartnerRequest) -> HttpResponse:
    """Who acts for the partner, and who is invited."""
    acting, at = request.acting, timezone.now()
    members = Membership.objects.filter(partner=acting.partner).select_related("user").order_by("user__name", "pk")
    waiting = Invitation.objects.not_ended().filter(partner=acting.partner)
    context = {
        "title": "People",
        "lead": f"Who acts for {acting.partner}. {OWNERS}",
        "back": (reverse("settings"), "Settings"),
        "members": [_member(each, acting.user.pk) for each in members],
        "waiting": [_waiting(each, is_old=each.expires_at <= at) for each in waiting],
    }
    return render(request, "affiliates/settings/people.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@confirmed_person
@partner_page(owners_only=True, after_the_end=True)
def invite_person(request: PartnerRequest) -> HttpResponse:
    """An owner invites somebody."""
    acting = request.acting
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = acting.do(
                invite,
                partner=acting.partner,
                email=form.cleaned_data["email"],
                role=MemberRole(form.cleaned_data["role"]),
                by=acting.user,
                at=timezone.now(),
            )
        except InvitationRefused as refusal:
            form.add_error("email", f"{refusal}.")
        else:
            messages.success(request, f"An invitation is on its way to {made.email}.")
            return redirect("people")
    context = {
        "title": "Invite somebody",
        "lead": f"They get a link by e-mail and act for {acting.partner} once they followed it.",
        "back": (reverse("people"), "People"),
        "form": form,
        "action": "Send the invitation",
        "cancel": reverse("people"),
    }
    return render(request, "affiliates/settings/form.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@confirmed_person
@partner_page(owners_only=True, after_the_end=True)
def change_person_role(request: PartnerRequest, pk: int) -> HttpResponse:
    """An owner makes somebody an owner or a member, after a page that asks."""
    rows = Membership.objects.select_related("user")
    membership = get_object_or_404(rows, pk=pk, partner=request.acting.partner)
    name, other = membership.user.get_full_name(), _other(membership.role)
    if request.method == "POST":
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
            messages.success(request, f"{name} is {_article(changed.role)} now.")
        return redirect("people")
    context = {
        "title": f"Make {name} {_article(other)}?",
        "lead": OWNERS,
        "back": (reverse("people"), "People"),
        "membership": membership,
        "action": f"Make {_article(other)}",
        "role": other.value,
    }
    return render(request, "affiliates/settings/person_ask.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@confirmed_person
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
        "action": "Remove",
        "tone": "danger",
    }
    return render(request, "affiliates/settings/person_ask.html", context)


@require_http_methods(LEADS_BACK)
@partner_page(owners_only=True, after_the_end=True)
def withdraw(request: PartnerRequest, pk: int) -> HttpResponse:
    """An owner takes an invitation back."""
    invitation = get_object_or_404(Invitation, pk=pk, partner=request.acting.partner)
    if request.method != "POST":
        return back_to_form(request, "people")
    try:
        request.acting.do(withdraw_invitation, invitation=invitation, by=request.acting.user, at=timezone.now())
    except InvitationRefused as refusal:
        messages.error(request, f"{refusal}.")
    else:
        messages.success(request, f"The invitation of {invitation.email} is withdrawn.")
    return redirect("people")


def _article(role: str) -> str:
    return "an owner" if role == MemberRole.OWNER else "a member"


def _other(role: str) -> MemberRole:
    return MemberRole.MEMBER if role == MemberRole.OWNER else MemberRole.OWNER


def _badge(role: str) -> Badge:
    return Badge(MemberRole(role).label, Tone.INFO if role == MemberRole.OWNER else Tone.NEUTRAL)


def _member(row: Membership, you: int) -> Member:
    return Member(
        pk=row.pk,
        name=row.user.get_full_name(),
        email=row.user.email,
        badge=_badge(row.role),
        other_role=_article(_other(row.role)),
        is_you=row.user_id == you,
    )


def _waiting(row: Invitation, *, is_old: bool) -> Waiting:
    until = f"{row.expires_at.day} {row.expires_at:%B %Y}"
    return Waiting(
        row.pk, row.email, _badge(row.role), f"Expired on {until}; invite again" if is_old else f"Good until {until}"
    )
