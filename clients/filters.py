from collections.abc import Sequence

import django_filters
from django import forms

from clients.models import PaymentProblem, ProblemKind
from parts.listing import PlainFilters


class ProblemsFilter(PlainFilters):
    client = django_filters.CharFilter(
        field_name="client__name",
        lookup_expr="icontains",
        label="Client",
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Client"}),
    )
    kind = django_filters.ChoiceFilter(label="What", choices=ProblemKind.choices, empty_label="Any problem")

    class Meta:
        model = PaymentProblem
        fields: Sequence[str] = ()
