"""The company's own accounts, which payment files pay from."""

from dataclasses import dataclass
from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.rights import Right
from affiliates.staff_page import StaffRequest, staff_page
from affiliates.views.confirmed_person import confirmed_person
from payouts.forms import ACCOUNT_FORMS
from payouts.models import AccountKind, PayingAccount
from payouts.services.enter_account import enter_account


@dataclass(frozen=True, slots=True)
class Shown:
    """An account of a kind, or that there is none."""

    label: str
    account: PayingAccount | None
    url: str


@require_safe
@staff_page(Right.PAY_PAYOUTS)
def accounts(request: HttpRequest) -> HttpResponse:
    """The accounts, masked."""
    current = {each.kind: each for each in PayingAccount.objects.current().select_related("entered_by")}
    context = {
        "title": "Paying accounts",
        "lead": "The company’s own accounts, which payment files pay from. PayPal and Wise files need none.",
        "back": (reverse("staff_payment_files"), "Payment files"),
        "accounts": [
            Shown(kind.label, current.get(kind), reverse("staff_paying_account", args=[kind.value]))
            for kind in AccountKind
        ],
    }
    return render(request, "payouts/staff/accounts.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Right.PAY_PAYOUTS)
@confirmed_person
def account(request: HttpRequest, kind: str) -> HttpResponse:
    """Enters the account of a kind, in place of the one before."""
    if kind not in AccountKind.values:
        raise Http404("There is no such account.")
    chosen = AccountKind(kind)
    form = ACCOUNT_FORMS[chosen](request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = {name: form.cleaned_data.get(name, "") for name in ("bank", "company_id", "bic")}
        entered = enter_account(
            kind=chosen,
            holder=form.cleaned_data["holder"],
            details=form.details(),
            by=cast(StaffRequest, request).staff.user,
            at=timezone.now(),
            **said,
        )
        messages.success(request, f"Payment files pay from {entered} from now on.")
        return redirect("staff_paying_accounts")
    context = {
        "title": chosen.label,
        "lead": "Files that were made stay as they are; the next one pays from here.",
        "back": (reverse("staff_paying_accounts"), "Paying accounts"),
        "form": form,
        "says": "",
        "action": "Pay from this account",
        "tone": "primary",
    }
    return render(request, "payouts/staff/move.html", context, status=422 if form.errors else 200)
