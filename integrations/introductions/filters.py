from typing import Any

import django_filters
from django import forms
from django.db.models import Q

from integrations.introductions.models import Reading, ReadingQuerySet, State

WAITING, CONFIRM, PERSON, TAKEN, LEFT, ALL = "waiting", "confirm", "person", "taken", "left", "all"
CHOICES = (
    (WAITING, "Waits for somebody"),
    (CONFIRM, "To confirm"),
    (PERSON, "For a person"),
    (TAKEN, "Taken"),
    (LEFT, "Left alone"),
    (ALL, "All messages"),
)


class MessagesFilter(django_filters.FilterSet):  # type: ignore[misc]
    """What sales looks for among the messages that came."""

    q = django_filters.CharFilter(
        label="Search by sender, subject or company",
        method="search",
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Find a message"}),
    )
    show = django_filters.ChoiceFilter(label="Show", method="by_show", choices=CHOICES, empty_label=None)

    class Meta:
        model = Reading
        fields: tuple[str, ...] = ()

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        told = data.copy() if data is not None else {}
        if not told.get("show"):
            told["show"] = ALL if told.get("q") else WAITING
        super().__init__(told, *args, **kwargs)

    def search(self, rows: ReadingQuerySet, name: str, value: str) -> ReadingQuerySet:
        return rows.filter(
            Q(sender__icontains=value)
            | Q(subject__icontains=value)
            | Q(company__icontains=value)
            | Q(partner__name__icontains=value)
        )

    def by_show(self, rows: ReadingQuerySet, name: str, value: str) -> ReadingQuerySet:
        if value == CONFIRM:
            return rows.to_confirm()
        if value == PERSON:
            return rows.for_a_person()
        if value == TAKEN:
            return rows.filter(Q(state=State.JOINED) | Q(state=State.LEAD, confirmed_at__isnull=False))
        if value == LEFT:
            return rows.filter(state=State.LEFT)
        return rows.waiting() if value == WAITING else rows
