from collections.abc import Sequence

import django_filters
from django import forms
from django.db import models
from django.db.models import QuerySet

from affiliates.models import Partner
from affiliates.months import last_day, parse_month
from clients.models import ChargebackReview, Client, Reversal
from commissions.models import Adjustment, Commission, CommissionState, Dispute, DisputeState
from parts.listing import PlainFilters


class ClientStanding(models.TextChoices):
    """How a client stands with a partner: the first of these that is true."""

    MOVED = "moved", "With another partner"
    CANCELLED = "cancelled", "Cancelled"
    ENDED = "ended", "Partnership ended"
    WAITING = "waiting", "Waiting"
    ACTIVE = "active", "Active"


def search(label: str, name: str) -> django_filters.CharFilter:
    """A search for a part of a name."""
    widget = forms.TextInput(attrs={"type": "search", "placeholder": label})
    return django_filters.CharFilter(field_name=name, lookup_expr="icontains", label=label, widget=widget)


class LinesFilter(PlainFilters):
    client = search("Client", "client__name")
    state = django_filters.ChoiceFilter(label="State", choices=CommissionState.choices, empty_label="Any state")

    class Meta:
        model = Commission
        fields: Sequence[str] = ()


class ClientsFilter(PlainFilters):
    name = search("Client", "name")
    standing = django_filters.ChoiceFilter(label="Status", choices=ClientStanding.choices, empty_label="Any status")

    class Meta:
        model = Client
        fields: Sequence[str] = ()


class MonthPartnersFilter(PlainFilters):
    """Of the partners of a month those that are looked for, or that are odd."""

    name = search("Partner", "name")
    show = django_filters.ChoiceFilter(
        label="Which",
        choices=[("moved", "Moved unusually far"), ("rate", "Rate changed")],
        empty_label="All partners",
        method="odd",
    )

    class Meta:
        model = Partner
        fields: Sequence[str] = ()

    def odd(self, rows: "QuerySet[Partner]", name: str, value: str) -> "QuerySet[Partner]":
        """Those whose commission moved by more than the program's share, or whose rate is another."""
        return rows.filter(**{"moved": {"is_moved": True}, "rate": {"is_rated": True}}[value])


class AdjustmentsFilter(PlainFilters):
    """Adjustments of a partner, or those that wait."""

    partner = search("Partner", "partner__name")
    state = django_filters.ChoiceFilter(
        label="State",
        choices=[("open", "To be approved"), ("approved", "Approved"), ("dropped", "Withdrawn or declined")],
        empty_label="Any state",
        method="standing",
    )

    class Meta:
        model = Adjustment
        fields: Sequence[str] = ()

    def standing(self, rows: "QuerySet[Adjustment]", name: str, value: str) -> "QuerySet[Adjustment]":
        found = {"open": Adjustment.objects.waiting(), "dropped": Adjustment.objects.dropped()}
        return rows.filter(pk__in=found[value]) if value in found else rows.filter(approved_at__isnull=False)


class DisputesFilter(PlainFilters):
    partner = search("Partner", "partner__name")
    state = django_filters.ChoiceFilter(label="State", choices=DisputeState.choices, empty_label="Any state")

    class Meta:
        model = Dispute
        fields: Sequence[str] = ()


class ChargebacksFilter(PlainFilters):
    """Chargebacks of a partner's clients, or of a month."""

    partner = search("Partner", "payment__invoice__client__partner__name")
    month = django_filters.CharFilter(
        label="Month", method="dated", widget=forms.TextInput(attrs={"type": "month", "placeholder": "2026-03"})
    )

    class Meta:
        model = Reversal
        fields: Sequence[str] = ()

    def dated(self, rows: "QuerySet[Reversal]", name: str, value: str) -> "QuerySet[Reversal]":
        """Those of a month; none where it is no month."""
        try:
            first = parse_month(value)
        except ValueError:
            return rows.none()
        return rows.filter(occurred_on__range=(first, last_day(first)))


class ReviewsFilter(PlainFilters):
    partner = search("Partner", "partner__name")

    class Meta:
        model = ChargebackReview
        fields: Sequence[str] = ()
