from typing import Any

from django import forms
from django.db.models import Q

from affiliates.models import Partner

NAMED = 5


class PartnerField(forms.CharField):
    """A partner by its key, or by a name that is its alone; the cleaned value is the partner."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", "Its key, or enough of its name.")
        super().__init__(**options)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        named = Partner.objects.filter(reference__iexact=text).first()
        if named is not None:
            return named
        found = list(Partner.objects.filter(Q(name__icontains=text) | Q(reference__icontains=text))[: NAMED + 1])
        if not found:
            raise forms.ValidationError(f"There is no partner like “{text}”.")
        if len(found) > 1:
            keys = ", ".join(f"{each.reference} ({each.name})" for each in found[:NAMED])
            more = " and others" if len(found) > NAMED else ""
            raise forms.ValidationError(f"Several are like that: {keys}{more}. Write the key.")
        return found[0]
