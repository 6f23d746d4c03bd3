"""To whom money is paid: the tax form and the payout method. Owners change them, also after the end."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from affiliates.acting import PartnerRequest, partner_page
from affiliates.forms.payee import METHOD_FORMS, TAX_FORMS
from affiliates.models import PayoutMethod, TaxForm
from affiliates.models.payee import PayoutMethodKind, TaxFormKind
from affiliates.services.enter_payout_method import (
    ConfirmationRefused,
    confirm_by_link,
    enter_payout_method,
    find_to_confirm,
)
from affiliates.services.set_payee import file_tax_form
from affiliates.views.confirmed_person import confirmed_person
from parts.shapes import Badge, Tone

FOR_WHOM = (
    (TaxFormKind.W9, "For U.S. citizens, residents and companies"),
    (TaxFormKind.W8BEN, "For individuals outside the United States"),
    (TaxFormKind.W8BENE, "For companies outside the United States"),
)
WAYS = (
    (PayoutMethodKind.ACH, "For a bank account in the United States"),
    (PayoutMethodKind.IBAN, "For a bank account in Europe and wherever banks use IBANs"),
    (PayoutMethodKind.PAYPAL, "For a PayPal account"),
)


@require_safe
@partner_page(after_the_end=True)
def tax_form(request: PartnerRequest) -> HttpResponse:
    """The tax form on file, masked, and the forms that there are."""
    form = TaxForm.objects.filter(partner=request.acting.partner).first()
    context = {
        "title": "Tax form",
        "lead": "Finance needs one on file before money is paid. What you write is stored encrypted.",
        "back": (reverse("settings"), "Settings"),
        "on_file": form,
        "choices": [(kind.label, text, reverse("tax_form_new", args=[_slug(kind)])) for kind, text in FOR_WHOM],
    }
    return render(request, "affiliates/settings/tax_form.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@confirmed_person
@partner_page(owners_only=True, after_the_end=True)
def tax_form_new(request: PartnerRequest, kind: str) -> HttpResponse:
    """An owner fills a tax form in."""
    chosen = next((each for each in TAX_FORMS if _slug(each) == kind), None)
    if chosen is None:
        raise Http404
    acting = request.acting
    form = TAX_FORMS[chosen](request.POST or None, today=acting.today, initial={"legal_name": acting.partner.name})
    if request.method == "POST" and form.is_valid():
        acting.do(
            file_tax_form,
            partner=acting.partner,
            kind=chosen,
            legal_name=form.cleaned_data["legal_name"],
            number=form.taxpayer_number(),
            signed_on=acting.today,
            by=acting.user,
            at=timezone.now(),
            answers=form.answers(),
        )
        messages.success(request, f"The {chosen.label} is on file.")
        return redirect("tax_form")
    context = {
        "title": f"Form {chosen.label}",
        "lead": dict(FOR_WHOM)[chosen] + ".",
        "back": (reverse("tax_form"), "Tax form"),
        "form": form,
        "action": f"Sign and file the {chosen.label}",
        "cancel": reverse("tax_form"),
    }
    return render(request, "affiliates/settings/form.html", context, status=422 if form.errors else 200)


@require_safe
@partner_page(after_the_end=True)
def payout_method(request: PartnerRequest) -> HttpResponse:
    """Where the money goes now, masked, and the ways that there are."""
    method = PayoutMethod.objects.current().filter(partner=request.acting.partner).first()
    context = {
        "title": "Payout method",
        "lead": "Where your money goes. A changed method holds payouts for 72 hours, and every owner is told.",
        "back": (reverse("settings"), "Settings"),
        "method": method,
        "badge": method
        and (Badge("Confirmed", Tone.GOOD) if method.confirmed_at else Badge("To be confirmed", Tone.WAITING)),
        "choices": [(kind.label, text, reverse("payout_method_new", args=[kind.value])) for kind, text in WAYS],
    }
    return render(request, "affiliates/settings/payout_method.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@confirmed_person
@partner_page(owners_only=True, after_the_end=True)
def payout_method_new(request: PartnerRequest, kind: str) -> HttpResponse:
    """An owner says where the money goes from now on."""
    chosen = next((each for each in METHOD_FORMS if each.value == kind), None)
    if chosen is None:
        raise Http404
    acting = request.acting
    form = METHOD_FORMS[chosen](request.POST or None, initial={"holder": acting.partner.name})
    if request.method == "POST" and form.is_valid():
        acting.do(
            enter_payout_method,
            partner=acting.partner,
            kind=chosen,
            holder=form.cleaned_data["holder"],
            details=form.details(),
            by=acting.user,
            at=timezone.now(),
        )
        messages.success(request, f"Saved. Follow the link that is on its way to {acting.user.email} to confirm it.")
        return redirect("payout_method")
    context = {
        "title": chosen.label,
        "lead": dict(WAYS)[chosen] + ".",
        "back": (reverse("payout_method"), "Payout method"),
        "form": form,
        "action": "Pay me here",
        "cancel": reverse("payout_method"),
    }
    return render(request, "affiliates/settings/form.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@partner_page(owners_only=True, after_the_end=True)
def payout_method_confirm(request: PartnerRequest, token: str) -> HttpResponse:
    """An owner follows the link from the e-mail and confirms where the money goes."""
    acting = request.acting
    try:
        if request.method == "POST":
            acting.do(confirm_by_link, token=token, partner=acting.partner, by=acting.user, at=timezone.now())
            messages.success(request, "The payout method is confirmed.")
            return redirect("payout_method")
        method = find_to_confirm(token, partner=acting.partner)
    except ConfirmationRefused as refusal:
        messages.error(request, f"{refusal}.")
        return redirect("payout_method")
    context = {
        "title": "Confirm the payout method",
        "lead": f"Once you confirm it, payouts of {acting.partner} go there.",
        "back": (reverse("payout_method"), "Payout method"),
        "method": method,
    }
    return render(request, "affiliates/settings/payout_method_confirm.html", context)


def _slug(kind: TaxFormKind) -> str:
    return str(kind.value).lower()
