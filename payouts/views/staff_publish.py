"""The next version of the Agreement: written, compared with the current one, and published."""

from typing import Any

from django.contrib import messages
from django.db.models import Sum
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.rights import Right
from affiliates.documents.clauses import read_clauses
from affiliates.forms.version import VersionForm
from affiliates.models import AgreementVersion, Partner
from affiliates.money import ZERO, show_money
from affiliates.services.publish_next import AnotherIsCurrent, NumberIsTaken, VersionRefused, publish_next
from affiliates.staff_page import StaffRequest, staff_page
from affiliates.views.staff_agreement import compared
from parts.formats import counted
from payouts.models import Payout

PUBLISH, LOOK = "publish", "look"  # Which button was pressed.


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Right.PUBLISH_AGREEMENTS)
def new_version(request: StaffRequest) -> HttpResponse:
    """First it is written, then looked at as partners will see it and against the current one, then published."""
    current = AgreementVersion.objects.order_by("-id").first()
    if request.method != "POST":
        return _writing(request, _blank(current), current)
    form = VersionForm(request.POST)
    if not form.is_valid():
        return _writing(request, form, current, status=422)
    if PUBLISH not in request.POST:
        return _writing(request, form, current) if LOOK not in request.POST else _preview(request, form, current)
    after = AgreementVersion.objects.filter(pk=form.cleaned_data["after"]).first()
    try:
        version = publish_next(
            number=form.cleaned_data["number"],
            title=form.cleaned_data["title"],
            text=form.cleaned_data["text"],
            after=after,
            by=request.staff.user,
            at=timezone.now(),
        )
    except AnotherIsCurrent as refusal:
        messages.error(request, f"Nothing was published. {refusal}.")
        return _preview(request, form, current, status=409)
    except VersionRefused as refusal:
        form.add_error("number" if isinstance(refusal, NumberIsTaken) else "text", f"{refusal}.")
        return _writing(request, form, current, status=422)
    messages.success(request, f"{version} is published. Each partner is asked to accept it.")
    return redirect("staff_agreement")


def _blank(current: AgreementVersion | None) -> VersionForm:
    """The form with the current text to go on from."""
    if current is None:
        return VersionForm(initial={"number": "1"})
    return VersionForm(initial={"title": current.title, "text": current.text, "after": current.pk})


def _writing(
    request: StaffRequest, form: VersionForm, current: AgreementVersion | None, status: int = 200
) -> HttpResponse:
    context = {
        "title": "Write the next version" if current else "Write the first version",
        "lead": f"It begins with the text of version {current.number}. You compare them before anything is published."
        if current
        else "Nothing is published before you have seen it as partners will.",
        "back": (reverse("staff_agreement"), "Agreement"),
        "form": form,
    }
    return render(request, "payouts/staff/version_write.html", context, status=status)


def _preview(
    request: StaffRequest, form: VersionForm, current: AgreementVersion | None, status: int = 200
) -> HttpResponse:
    """As partners will read it, what it changes, and what follows from publishing it."""
    said = form.cleaned_data
    shown = {"number": said["number"], "title": said["title"], "text": said["text"]}
    context: dict[str, Any] = {
        "title": f"Version {said['number']} before it is published",
        "lead": said["title"],
        "back": (reverse("staff_agreement"), "Agreement"),
        "number": said["number"],
        "shown": shown | {"after": current.pk if current else ""},
        "clauses": read_clauses(said["text"]),
        "follows": _follows(request),
        **(compared(current, said["text"]) if current else {}),
    }
    return render(request, "payouts/staff/version_preview.html", context, status=status)


def _follows(request: StaffRequest) -> list[str]:
    """What publishing does, in numbers."""
    today, currency = request.staff.today, request.staff.program.currency
    active = Partner.objects.exclude(terminated_on__lt=today).count()
    waiting = Payout.objects.before_payment()
    sum_ = waiting.aggregate(sum=Sum("amount"))["sum"] or ZERO
    return [
        f"{counted(active, 'partner has', 'partners have')} to accept it anew, and each is told by e-mail at once.",
        f"{counted(waiting.count(), 'payout', 'payouts')} of {show_money(sum_)} {currency} in all wait until then.",
        "Payouts that are with the bank already go on.",
        "Leads can be registered meanwhile.",
        "A published version stays as it is; a mistake in it takes another version.",
    ]
