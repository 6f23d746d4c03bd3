from collections.abc import Sequence

import django_filters
from django import forms
from django.db import models
from django.db.models import Q, QuerySet

from affiliates.models import Application, Violation
from affiliates.models.agreement import ViolationState
from affiliates.models.application import ApplicationState
from notices.models import Notice, NoticeKind
from notices.models.notice import TRIES
from parts.listing import PlainFilters

NOT_LISTED = (NoticeKind.INVITATION, NoticeKind.DIGEST, NoticeKind.APPLICATION, NoticeKind.ENQUIRY)


class Standing(models.TextChoices):
    """Whether a notice has reached the mail server."""

    SENT = "sent", "Sent"
    WAITING = "waiting", "To be sent"
    FAILED = "failed", "Failed"


class NoticesFilter(PlainFilters):
    subject = django_filters.CharFilter(
        lookup_expr="icontains",
        label="Subject",
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Subject"}),
    )
    kind = django_filters.ChoiceFilter(
        label="About", choices=[choice for choice in NoticeKind.choices if choice[0] not in NOT_LISTED],
        empty_label="About anything",
    )  # fmt: skip
    standing = django_filters.ChoiceFilter(
        label="State", choices=Standing.choices, empty_label="Any state", method="with_standing"
    )

    class Meta:
        model = Notice
        fields: Sequence[str] = ()

    def with_standing(self, rows: "QuerySet[Notice]", name: str, value: str) -> "QuerySet[Notice]":
        if value == Standing.SENT:
            return rows.filter(sent_at__isnull=False)
        unsent = rows.filter(sent_at__isnull=True)
        return unsent.filter(tries__gte=TRIES) if value == Standing.FAILED else unsent.filter(tries__lt=TRIES)


class ApplicationsFilter(PlainFilters):
    q = django_filters.CharFilter(
        label="Search by company, contact or e-mail address",
        method="search",
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Find an applicant"}),
    )
    state = django_filters.ChoiceFilter(label="State", choices=ApplicationState.choices, empty_label="Any state")

    class Meta:
        model = Application
        fields: Sequence[str] = ()

    def search(self, rows: "QuerySet[Application]", name: str, value: str) -> "QuerySet[Application]":
        return rows.filter(Q(company__icontains=value) | Q(name__icontains=value) | Q(email__icontains=value))


class ViolationsFilter(PlainFilters):
    q = django_filters.CharFilter(
        label="Search by partner",
        method="search",
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Find a partner"}),
    )
    state = django_filters.ChoiceFilter(label="State", choices=ViolationState.choices, empty_label="Any state")

    class Meta:
        model = Violation
        fields: Sequence[str] = ()

    def search(self, rows: "QuerySet[Violation]", name: str, value: str) -> "QuerySet[Violation]":
        return rows.filter(Q(partner__name__icontains=value) | Q(partner__reference__icontains=value))
