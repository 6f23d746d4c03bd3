from collections.abc import Sequence

import django_filters
from django import forms
from django.db import models

from clients.models import Client
from commissions.models import Commission, CommissionState


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


class LinesFilter(django_filters.FilterSet):  # type: ignore[misc]
    client = search("Client", "client__name")
    state = django_filters.ChoiceFilter(label="State", choices=CommissionState.choices, empty_label="Any state")

    class Meta:
        model = Commission
        fields: Sequence[str] = ()


class ClientsFilter(django_filters.FilterSet):  # type: ignore[misc]
    name = search("Client", "name")
    standing = django_filters.ChoiceFilter(label="Status", choices=ClientStanding.choices, empty_label="Any status")

    class Meta:
        model = Client
        fields: Sequence[str] = ()
