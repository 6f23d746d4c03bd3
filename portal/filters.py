from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import AuditEntry, User
from affiliates.models import Partner
from affiliates.models.partner import PartnerKind
from parts.listing import PlainFilters

MOST_PEOPLE = 100


def _search(label: str, placeholder: str) -> django_filters.CharFilter:
    widget = forms.TextInput(attrs={"type": "search", "placeholder": placeholder})
    return django_filters.CharFilter(label=label, method="search", widget=widget)


class PartnersFilter(PlainFilters):
    q = _search("Search by name, key or e-mail address", "Find a partner")
    kind = django_filters.ChoiceFilter(label="Kind", choices=PartnerKind.choices, empty_label="Any kind")
    standing = django_filters.ChoiceFilter(
        label="Standing",
        choices=(("active", "Active"), ("ending", "Ending"), ("ended", "Ended")),
        empty_label="Any standing",
        method="with_standing",
    )

    class Meta:
        model = Partner
        fields: Sequence[str] = ()

    def search(self, rows: "QuerySet[Partner]", name: str, value: str) -> "QuerySet[Partner]":
        return rows.filter(Q(name__icontains=value) | Q(reference__icontains=value) | Q(email__icontains=value))

    def with_standing(self, rows: "QuerySet[Partner]", name: str, value: str) -> "QuerySet[Partner]":
        today = timezone.localdate()
        if value == "active":
            return rows.filter(terminated_on=None)
        return rows.filter(terminated_on__gte=today) if value == "ending" else rows.filter(terminated_on__lt=today)


class AuditFilter(PlainFilters):
    """Each of these finds by an index, however long the trail is."""

    person = django_filters.CharFilter(
        label="Person, by name or e-mail address",
        method="by_person",
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Who"}),
    )
    action = django_filters.CharFilter(
        label="Action, as it begins",
        lookup_expr="startswith",
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Did what, like payout"}),
    )
    subject = django_filters.CharFilter(
        label="Subject, as it begins",
        lookup_expr="startswith",
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "To what, like partner ada"}),
    )
    since = django_filters.DateFilter(
        label="From this day", method="from_day", widget=forms.DateInput(attrs={"type": "date"})
    )
    until = django_filters.DateFilter(
        label="To this day", method="to_day", widget=forms.DateInput(attrs={"type": "date"})
    )

    class Meta:
        model = AuditEntry
        fields: Sequence[str] = ()

    def by_person(self, rows: "QuerySet[AuditEntry]", name: str, value: str) -> "QuerySet[AuditEntry]":
        if value.lower() == "the system":
            return rows.filter(by=None)
        people = User.objects.filter(Q(name__icontains=value) | Q(email__icontains=value)).order_by()
        return rows.filter(by__in=list(people.values_list("pk", flat=True)[:MOST_PEOPLE]))

    def from_day(self, rows: "QuerySet[AuditEntry]", name: str, value: date) -> "QuerySet[AuditEntry]":
        return rows.filter(at__gte=timezone.make_aware(datetime.combine(value, time())))

    def to_day(self, rows: "QuerySet[AuditEntry]", name: str, value: date) -> "QuerySet[AuditEntry]":
        if value == date.max:
            return rows
        return rows.filter(at__lt=timezone.make_aware(datetime.combine(value + timedelta(days=1), time())))
