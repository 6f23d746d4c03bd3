from collections.abc import Sequence

import django_filters
from django import forms
from django.db.models import QuerySet

from integrations.partnerstack.formats import Kind
from integrations.partnerstack.models import Difference, Unplaced
from parts.listing import PlainFilters


class DifferencesFilter(PlainFilters):
    """Of the compared months those of a partner, or those that differ."""

    who = django_filters.CharFilter(
        label="Partner",
        lookup_expr="icontains",
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Partner"}),
    )
    show = django_filters.ChoiceFilter(
        label="Which",
        choices=[("differ", "Those that differ"), ("more", "More was paid there"), ("less", "Less was paid there")],
        empty_label="All months",
        method="which",
    )

    class Meta:
        model = Difference
        fields: Sequence[str] = ()

    def which(self, rows: "QuerySet[Difference]", name: str, value: str) -> "QuerySet[Difference]":
        if value == "more":
            return rows.filter(difference__gt=0)
        return rows.filter(difference__lt=0) if value == "less" else rows.exclude(difference=0)


class UnplacedFilter(PlainFilters):
    kind = django_filters.ChoiceFilter(label="Kind", choices=Kind.choices, empty_label="All kinds")
    name = django_filters.CharFilter(
        label="Name",
        lookup_expr="icontains",
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Name"}),
    )

    class Meta:
        model = Unplaced
        fields: Sequence[str] = ()
