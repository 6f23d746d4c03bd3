from collections.abc import Sequence

import django_filters
from django import forms
from django.db.models import Q, QuerySet

from integrations.stripe.models import FindingKind, StripeCustomer, StripeEvent, StripeFinding
from integrations.stripe.models.event import TRIES
from parts.listing import PlainFilters

SUGGESTED, DIRECT, LINKED, NOT_REFERRED = "suggested", "direct", "linked", "not_referred"
PLACES = (
    (SUGGESTED, "To place"),
    (LINKED, "Referred clients"),
    (DIRECT, "Nobody’s"),
    (NOT_REFERRED, "Said to be nobody’s"),
)
STATES = (("parked", "Parked"), ("waiting", "Waiting"), ("worked", "Worked"), ("aside", "Set aside"))


SETTLED = (("no", "To look at"), ("yes", "Settled"))


class CustomersFilter(PlainFilters):
    name = django_filters.CharFilter(
        method="named",
        label="Customer",
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Name, e-mail or id"}),
    )
    place = django_filters.ChoiceFilter(method="placed", label="Whose", choices=PLACES, empty_label="All customers")

    class Meta:
        model = StripeCustomer
        fields: Sequence[str] = ()

    def named(self, rows: "QuerySet[StripeCustomer]", name: str, value: str) -> "QuerySet[StripeCustomer]":
        return rows.filter(Q(name__icontains=value) | Q(email__icontains=value) | Q(stripe_id=value))

    def placed(self, rows: "QuerySet[StripeCustomer]", name: str, value: str) -> "QuerySet[StripeCustomer]":
        every = StripeCustomer.objects
        if value in (SUGGESTED, DIRECT):
            wanted = every.suggested() if value == SUGGESTED else every.direct()
            return rows.filter(pk__in=wanted.values("pk"))
        return rows.filter(place=value)


class EventsFilter(PlainFilters):
    about = django_filters.CharFilter(
        method="found",
        label="Event or object",
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Id or type"}),
    )
    state = django_filters.ChoiceFilter(method="stands", label="State", choices=STATES, empty_label="Any state")

    class Meta:
        model = StripeEvent
        fields: Sequence[str] = ()

    def found(self, rows: "QuerySet[StripeEvent]", name: str, value: str) -> "QuerySet[StripeEvent]":
        return rows.filter(Q(key=value) | Q(object_id=value) | Q(type=value))

    def stands(self, rows: "QuerySet[StripeEvent]", name: str, value: str) -> "QuerySet[StripeEvent]":
        if value == "aside":
            return rows.filter(pk__in=StripeEvent.objects.aside().values("pk"), to_work=None)
        if value == "worked":
            return rows.filter(pk__in=StripeEvent.objects.ours().values("pk"), to_work=None)
        tries = {"to_work__tries__gte": TRIES} if value == "parked" else {"to_work__tries__lt": TRIES}
        return rows.filter(**tries)


class FindingsFilter(PlainFilters):
    kind = django_filters.ChoiceFilter(label="Why", choices=FindingKind.choices, empty_label="Any reason")
    settled = django_filters.ChoiceFilter(method="stands", label="State", choices=SETTLED, empty_label="Settled or not")

    class Meta:
        model = StripeFinding
        fields: Sequence[str] = ()

    def stands(self, rows: "QuerySet[StripeFinding]", name: str, value: str) -> "QuerySet[StripeFinding]":
        return rows.filter(settled_at__isnull=value == "no")
