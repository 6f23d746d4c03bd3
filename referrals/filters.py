from datetime import timedelta
from typing import Any

import django_filters
from django import forms
from django.db.models import Q

from parts.listing import PlainFilters
from referrals.board import EVERYBODY, MINE, TEAM, UNASSIGNED, owned
from referrals.models import Conflict, Lead, Rep
from referrals.models.conflict import ConflictKind, ConflictQuerySet, ConflictState
from referrals.models.lead import Channel, LeadQuerySet, Stage

OLDEST = "oldest"
WITHIN, OUTSIDE = "within", "outside"
RAN_OUT, RUNS_OUT = "ran_out", "runs_out"
SOON = timedelta(days=7)
OPEN, NOT_WON = ("open", "Open"), ("not_won", "Lost or rejected")
# From how many days before today to how many a lead was registered; the oldest have no end.
AGES = {"week": (0, 7), "month": (8, 30), "quarter": (31, 90), "older": (91, None)}
AGE_CHOICES = (
    ("week", "Up to a week old"),
    ("month", "8 to 30 days old"),
    ("quarter", "31 to 90 days old"),
    ("older", "Older than 90 days"),
)


def _search(placeholder: str) -> forms.TextInput:
    return forms.TextInput(attrs={"type": "search", "placeholder": placeholder})


class LeadsFilter(PlainFilters):
    """What a partner looks for among its leads."""

    q = django_filters.CharFilter(
        label="Search by company, contact or domain", method="search", widget=_search("Find a company")
    )
    stage = django_filters.ChoiceFilter(label="Stage", choices=Stage.choices, empty_label="Any stage")
    channel = django_filters.ChoiceFilter(label="Channel", choices=Channel.choices, empty_label="Any channel")

    class Meta:
        model = Lead
        fields: tuple[str, ...] = ()

    def search(self, rows: LeadQuerySet, name: str, value: str) -> LeadQuerySet:
        return rows.filter(
            Q(company__icontains=value)
            | Q(domain__icontains=value)
            | Q(email__icontains=value)
            | Q(contact__icontains=value)
        )


class BoardFilter(django_filters.FilterSet):  # type: ignore[misc]
    """What sales narrows the board to; the request is one of the staff."""

    partner = django_filters.CharFilter(label="Partner", method="of_partner", widget=_search("Any partner"))
    channel = django_filters.ChoiceFilter(label="Channel", choices=Channel.choices, empty_label="Any channel")
    fit = django_filters.ChoiceFilter(
        label="Fit with the profile",
        method="by_fit",
        choices=((WITHIN, "Within the profile"), (OUTSIDE, "Outside the profile")),
        empty_label="Any fit",
    )
    age = django_filters.ChoiceFilter(label="Age", method="by_age", choices=AGE_CHOICES, empty_label="Any age")
    order = django_filters.ChoiceFilter(
        label="Order", method="as_they_are", choices=((OLDEST, "Oldest first"),), empty_label="Newest first"
    )

    class Meta:
        model = Lead
        fields: tuple[str, ...] = ()

    def of_partner(self, rows: LeadQuerySet, name: str, value: str) -> LeadQuerySet:
        return rows.filter(Q(partner__name__icontains=value) | Q(partner__reference__iexact=value))

    def by_fit(self, rows: LeadQuerySet, name: str, value: str) -> LeadQuerySet:
        return rows.outside_profile() if value == OUTSIDE else rows.within_profile()

    def by_age(self, rows: LeadQuerySet, name: str, value: str) -> LeadQuerySet:
        today = self.request.staff.today
        youngest, oldest = AGES[value]
        rows = rows.filter(registered_on__lte=today - timedelta(days=youngest)) if youngest else rows
        return rows if oldest is None else rows.filter(registered_on__gte=today - timedelta(days=oldest))

    def as_they_are(self, rows: LeadQuerySet, name: str, value: str) -> LeadQuerySet:
        """The order is the board's, column by column."""
        return rows


class StaffLeadsFilter(BoardFilter):
    """What sales looks for in the list of all leads."""

    filters: dict[str, django_filters.Filter]
    q = LeadsFilter.base_filters["q"]
    stage = django_filters.ChoiceFilter(
        label="Stage", method="at_stage", choices=(OPEN, *Stage.choices, NOT_WON), empty_label="Any stage"
    )
    owner = django_filters.ChoiceFilter(label="Owner", method="of_owner", empty_label="Any owner")
    protection = django_filters.ChoiceFilter(
        label="Protection",
        method="by_protection",
        choices=((RAN_OUT, "Ran out"), (RUNS_OUT, "Runs out within 7 days")),
        empty_label="Any protection",
    )
    order = None
    in_order = ("q", "stage", "owner", "partner", "channel", "fit", "age", "protection")
    search = LeadsFilter.search

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reps = [(str(rep.pk), str(rep)) for rep in Rep.objects.select_related("user")]
        whose = [(MINE, "Mine"), (TEAM, "My team’s"), (UNASSIGNED, "Unassigned"), (EVERYBODY, "Everybody’s")]
        self.filters["owner"].extra["choices"] = [*whose, *reps]
        self.filters = {name: self.filters[name] for name in self.in_order}

    def at_stage(self, rows: LeadQuerySet, name: str, value: str) -> LeadQuerySet:
        if value == OPEN[0]:
            return rows.open()
        return rows.filter(stage__in=(Stage.LOST, Stage.REJECTED) if value == NOT_WON[0] else (value,))

    def of_owner(self, rows: LeadQuerySet, name: str, value: str) -> LeadQuerySet:
        return owned(rows, value, self.request.user)

    def by_protection(self, rows: LeadQuerySet, name: str, value: str) -> LeadQuerySet:
        today = self.request.staff.today
        if value == RAN_OUT:
            return rows.ran_out(on=today)
        return rows.protected(on=today).filter(protected_until__lte=today + SOON)


class ConflictsFilter(PlainFilters):
    """What sales looks for among conflicts."""

    q = django_filters.CharFilter(
        label="Search by company or partner", method="search", widget=_search("Find a company or partner")
    )
    state = django_filters.ChoiceFilter(label="State", choices=ConflictState.choices, empty_label="Any state")
    kind = django_filters.ChoiceFilter(label="Kind", choices=ConflictKind.choices, empty_label="Any kind")

    class Meta:
        model = Conflict
        fields: tuple[str, ...] = ()

    def search(self, rows: ConflictQuerySet, name: str, value: str) -> ConflictQuerySet:
        return rows.filter(
            Q(lead__company__icontains=value)
            | Q(lead__partner__name__icontains=value)
            | Q(first__company__icontains=value)
            | Q(first__partner__name__icontains=value)
            | Q(known_as__icontains=value)
        )
