from collections.abc import Sequence

import django_filters
from django import forms
from django.db import models
from django.db.models import QuerySet

from notices.models import Notice, NoticeKind
from notices.models.notice import TRIES

NOT_LISTED = (NoticeKind.INVITATION, NoticeKind.DIGEST, NoticeKind.APPLICATION)


class Standing(models.TextChoices):
    """Whether a notice has reached the mail server."""

    SENT = "sent", "Sent"
    WAITING = "waiting", "To be sent"
    FAILED = "failed", "Failed"


class NoticesFilter(django_filters.FilterSet):  # type: ignore[misc]
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
