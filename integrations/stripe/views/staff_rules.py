"""What products and prices of Stripe are for."""

from django.contrib import messages
from django.db.models import Count, Sum
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.rights import Right, may
from affiliates.money import show_money
from affiliates.staff_page import StaffRequest, moment, staff_page, who
from clients.models import InvoiceLine
from integrations.stripe.forms import RuleForm
from integrations.stripe.models import CategoryRule, ObjectKind, StripeObject
from integrations.stripe.services.keep_rule import keep_rule
from integrations.stripe.standing import WORDS

MOST = 200


@staff_page(Right.SEE_MONEY)
@require_safe
def rules(request: StaffRequest) -> HttpResponse:
    """The mapping of products and prices, and those that nobody mapped."""
    return _page(request, RuleForm(initial={"goods": request.GET.get("goods", "")}))


@staff_page(Right.MAP_CATEGORIES)
@require_POST
def rule_keep(request: StaffRequest) -> HttpResponse:
    """Say what a product or a price is for."""
    form = RuleForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    rule = keep_rule(**form.cleaned_data, by=request.user, at=timezone.now())
    messages.success(request, f"{rule.stripe_id} counts as {rule.get_category_display().lower()}.")
    return redirect("staff_stripe_rules")


def _page(request: StaffRequest, form: RuleForm) -> HttpResponse:
    found = list(CategoryRule.objects.select_related("decided_by")[:MOST])
    unmapped = list(_unmapped())
    names = _names([rule.stripe_id for rule in found] + [goods for goods, _, _ in unmapped])
    context = {
        "title": "Products and prices",
        "lead": "What the lines of Stripe’s invoices are for. A category in Stripe’s own metadata goes before these.",
        "back": (reverse("staff_stripe"), "Stripe"),
        "at": "rules",
        "unmapped": [(goods, names.get(goods, ""), lines, sum) for goods, lines, sum in unmapped],
        "rules": [
            (rule.stripe_id, names.get(rule.stripe_id, ""), rule.get_category_display(), moment(rule.decided_at),
             who(rule.decided_by))
            for rule in found
        ],
        "form": form if may(request.user, Right.MAP_CATEGORIES) else None,
    }  # fmt: skip
    return render(request, "stripe/rules.html", context, status=422 if form.errors else 200)


def _unmapped() -> list[tuple[str, str, str]]:
    """Products that stand in recorded lines and that nobody mapped: id, number of lines, sum."""
    lines = InvoiceLine.objects.unmapped().filter(category__startswith=WORDS).order_by()
    counted = lines.values("category").annotate(lines=Count("pk"), sum=Sum("amount")).order_by("category")[:MOST]
    return [(row["category"].removeprefix(WORDS), f"{row['lines']:,}", show_money(row["sum"])) for row in counted]


def _names(goods: list[str]) -> dict[str, str]:
    kinds = (ObjectKind.PRODUCT, ObjectKind.PRICE)
    rows = StripeObject.objects.filter(stripe_id__in=goods, kind__in=kinds).values_list("stripe_id", "data__name")
    return {key: name for key, name in rows if isinstance(name, str)}
