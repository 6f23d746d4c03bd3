from collections.abc import Sequence

import django_filters
from django import forms
from django.db.models import Q, QuerySet

from affiliates.models.payee import PayoutMethodKind
from affiliates.months import parse_month, show_month
from commissions.models import Period
from parts.formats import month_name
from payouts.models import Payout

MOST_MONTHS = 36


def _months() -> list[tuple[str, str]]:
    closed = Period.objects.closed().order_by("-month").values_list("month", flat=True)
    return [(show_month(month), month_name(month)) for month in closed[:MOST_MONTHS]]


class PayoutsFilter(django_filters.FilterSet):  # type: ignore[misc]
    q = django_filters.CharFilter(
        method="named", label="Partner", widget=forms.TextInput(attrs={"type": "search", "placeholder": "Partner"})
    )
    month = django_filters.ChoiceFilter(label="Month", choices=_months, empty_label="Any month", method="of_month")
    method = django_filters.ChoiceFilter(
        label="Paid by", choices=PayoutMethodKind.choices, empty_label="Paid in any way", method="paid_by"
    )

    class Meta:
        model = Payout
        fields: Sequence[str] = ()

    def named(self, rows: "QuerySet[Payout]", name: str, value: str) -> "QuerySet[Payout]":
        return rows.filter(Q(partner__name__icontains=value) | Q(partner__reference__iexact=value))

    def of_month(self, rows: "QuerySet[Payout]", name: str, value: str) -> "QuerySet[Payout]":
        return rows.filter(period=parse_month(value))

    def paid_by(self, rows: "QuerySet[Payout]", name: str, value: str) -> "QuerySet[Payout]":
        return rows.filter(partner__payout_methods__kind=value, partner__payout_methods__replaced_at=None)
