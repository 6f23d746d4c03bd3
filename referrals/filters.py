import django_filters
from django import forms
from django.db.models import Q, QuerySet

from referrals.models import Lead
from referrals.models.lead import Channel, Stage


class LeadsFilter(django_filters.FilterSet):  # type: ignore[misc]
    """What a partner looks for among its leads."""

    q = django_filters.CharFilter(
        label="Search by company, contact or domain",
        method="search",
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Find a company"}),
    )
    stage = django_filters.ChoiceFilter(label="Stage", choices=Stage.choices, empty_label="Any stage")
    channel = django_filters.ChoiceFilter(label="Channel", choices=Channel.choices, empty_label="Any channel")

    class Meta:
        model = Lead
        fields: tuple[str, ...] = ()

    def search(self, rows: "QuerySet[Lead]", name: str, value: str) -> "QuerySet[Lead]":
        return rows.filter(
            Q(company__icontains=value)
            | Q(domain__icontains=value)
            | Q(email__icontains=value)
            | Q(contact__icontains=value)
        )
