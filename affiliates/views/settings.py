from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import ApiKey, User
from affiliates.acting import Acting, PartnerRequest, partner_page
from affiliates.forms.company import CompanyForm
from affiliates.models import Invitation, Membership, PayoutMethod, TaxForm
from affiliates.services.change_company import change_company
from notices.models import WebhookEndpoint
from parts.shapes import Badge, Tone


@dataclass(frozen=True, slots=True)
class Card:
    """A part of the settings: what it is, how it stands, and where it is changed."""

    title: str
    text: str
    url: str
    badge: Badge | None = None


@require_safe
@partner_page(after_the_end=True)
def settings(request: PartnerRequest) -> HttpResponse:
    """The settings at a glance."""
    acting = request.acting
    cards = [_company(acting), _people(acting), _security(), _tax_form(acting), _payout_method(acting)]
    cards.append(Card("Notifications", "What you hear of, and how soon", reverse("notification_settings")))
    cards += [_keys(acting), _webhooks(acting)]
    context = {
        "title": "Settings",
        "lead": f"How {acting.partner} is reached and paid, and who acts for it.",
        "cards": cards,
    }
    return render(request, "affiliates/settings/overview.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@partner_page(owners_only=True, after_the_end=True)
def company_settings(request: PartnerRequest) -> HttpResponse:
    """How the company is called and reached."""
    partner = request.acting.partner
    known = {"name": partner.name, "email": partner.email, "address": partner.address}
    form = CompanyForm(request.POST or None, initial=known)
    if request.method == "POST" and form.is_valid():
        address = form.cleaned_data["address"].replace("\r\n", "\n")
        request.acting.do(
            change_company,
            partner=partner,
            name=form.cleaned_data["name"],
            email=form.cleaned_data["email"],
            address=address,
            by=request.acting.user,
            at=timezone.now(),
        )
        messages.success(request, "The company's details are saved.")
        return redirect("settings")
    context = {
        "title": "Company",
        "lead": "As it stands on statements and invoices. When the e-mail address changes, the old one is told.",
        "back": (reverse("settings"), "Settings"),
        "form": form,
    }
    return render(request, "affiliates/settings/company.html", context, status=422 if form.errors else 200)


@require_safe
@partner_page(after_the_end=True)
def security_settings(request: PartnerRequest) -> HttpResponse:
    """How a person signs in, for themselves."""
    has_app, passkeys, codes, sessions = request.acting.do(_ways_in, request.acting.user)
    cards = [
        Card(
            "Passkeys",
            f"{passkeys} {'passkey' if passkeys == 1 else 'passkeys'}. Sign in with your fingerprint, face or PIN."
            if passkeys
            else "Sign in with your fingerprint, face or PIN, without a password.",
            reverse("mfa_list_webauthn"),
            Badge("On", Tone.GOOD) if passkeys else Badge("Off"),
        ),
        Card(
            "Authenticator app",
            "A code from an app is asked for after your password.",
            reverse("mfa_deactivate_totp" if has_app else "mfa_activate_totp"),
            Badge("On", Tone.GOOD) if has_app else Badge("Off"),
        ),
        Card("E-mail address", f"You sign in with {request.acting.user.email}.", reverse("account_email")),
        Card("Password", "Choose another password.", reverse("account_change_password")),
        Card(
            "Where you are signed in",
            f"{sessions} {'browser' if sessions == 1 else 'browsers'}. End those that are not yours.",
            reverse("usersessions_list"),
        ),
    ]
    if has_app or passkeys:
        text = "Each lets you in once when your phone or key is lost."
        badge = Badge("On", Tone.GOOD) if codes else Badge("None yet", Tone.WAITING)
        name = "mfa_view_recovery_codes" if codes else "mfa_generate_recovery_codes"
        cards.insert(2, Card("Recovery codes", text, reverse(name), badge))
    context = {
        "title": "Sign-in and security",
        "lead": f"For you, {request.acting.user.get_full_name()}, whichever partner you act for.",
        "back": (reverse("settings"), "Settings"),
        "cards": cards,
    }
    return render(request, "affiliates/settings/overview.html", context)


def _ways_in(user: User) -> tuple[bool, int, bool, int]:
    """Whether there is an app, how many passkeys, whether there are recovery codes, how many sessions."""
    kinds = list(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    sessions = UserSession.objects.filter(user=user).count()
    return (
        Authenticator.Type.TOTP in kinds,
        kinds.count(Authenticator.Type.WEBAUTHN),
        Authenticator.Type.RECOVERY_CODES in kinds,
        max(sessions, 1),
    )


def _company(acting: Acting) -> Card:
    missing = None if acting.partner.address else Badge("Address missing", Tone.WAITING)
    return Card("Company", f"{acting.partner.name}, {acting.partner.email}", reverse("company_settings"), missing)


def _people(acting: Acting) -> Card:
    members = Membership.objects.filter(partner=acting.partner).count()
    waiting = Invitation.objects.not_ended().filter(partner=acting.partner).count()
    text = f"{members} {'person acts' if members == 1 else 'people act'} for {acting.partner}"
    return Card("People", f"{text}, {waiting} invited" if waiting else text, reverse("people"))


def _security() -> Card:
    return Card("Sign-in and security", "Password, passkeys, authenticator app, sessions", reverse("security_settings"))


def _tax_form(acting: Acting) -> Card:
    form = TaxForm.objects.filter(partner=acting.partner).first()
    if form is None:
        return Card("Tax form", "Payouts wait for a W-9 or W-8.", reverse("tax_form"), Badge("Missing", Tone.WAITING))
    text = f"{form.get_kind_display()} of {form.legal_name}, {form.masked_number}"
    return Card("Tax form", text, reverse("tax_form"), Badge("On file", Tone.GOOD))


def _payout_method(acting: Acting) -> Card:
    method = PayoutMethod.objects.current().filter(partner=acting.partner).first()
    if method is None:
        return Card(
            "Payout method", "Say where the money goes.", reverse("payout_method"), Badge("Missing", Tone.WAITING)
        )
    badge = Badge("Confirmed", Tone.GOOD) if method.confirmed_at else Badge("To be confirmed", Tone.WAITING)
    return Card("Payout method", f"{method}, {method.holder}", reverse("payout_method"), badge)


def _keys(acting: Acting) -> Card:
    good = ApiKey.objects.of(acting.partner.pk).good(at=timezone.now()).count()
    text = f"{good} {'program acts' if good == 1 else 'programs act'} for {acting.partner}"
    return Card("API keys", text if good else "Let your website, CRM or reports act for you", reverse("api_keys"))


def _webhooks(acting: Acting) -> Card:
    states = list(WebhookEndpoint.objects.of(acting.partner.pk).values_list("is_on", flat=True))
    text = f"{len(states)} {'address is' if len(states) == 1 else 'addresses are'} told what happens"
    badge = None if all(states) else Badge("One is off", Tone.WAITING)
    return Card("Webhooks", text if states else "Let your programs hear what happens", reverse("webhooks"), badge)
