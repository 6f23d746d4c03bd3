from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from affiliates.forms.month import MonthField
from affiliates.forms.partner import PartnerField
from affiliates.models import Partner
from affiliates.months import add_months
from clients.models.category import Category
from commissions.services.open_dispute import MOST_FILES
from parts.formats import month_name
from parts.uploads import UploadsField

LONGEST_COMMENT = 4000


class DisputeForm(forms.Form):
    comment = forms.CharField(
        label="What is wrong",
        widget=forms.Textarea(attrs={"rows": 6}),
        max_length=LONGEST_COMMENT,
        help_text="What you expected and why: a payment that is missing, another rate, another client.",
    )
    attachments = UploadsField(
        most=MOST_FILES,
        label="Files",
        required=False,
        help_text=f"Up to {MOST_FILES}, each a PDF, PNG or JPEG of at most 10 MB, like the client's invoice.",
    )


class ToPartnerForm(forms.Form):
    """To which partner something goes: the effect is shown before anything is done."""

    to = PartnerField(label="To which partner")


class ConfirmMoveForm(forms.Form):
    """What was shown is confirmed, with the reason."""

    shown = forms.CharField(widget=forms.HiddenInput)
    reason = forms.CharField(label="Reason", max_length=500, help_text="It stands in the audit trail.")


class ConfirmMergeForm(ConfirmMoveForm):
    with_people = forms.BooleanField(
        label="Its people act for the other partner too, as members", required=False, initial=True
    )


class MappingForm(forms.Form):
    """What a word that billing used counts as."""

    word = forms.CharField(widget=forms.HiddenInput, max_length=64, strip=False)
    category = forms.ChoiceField(label="Counts as", choices=[("", "Counts as …"), *Category.choices])


class AdjustmentForm(forms.Form):
    """An amount by hand for a partner; `pressed` tells a second press of the button from a second amount."""

    pressed = forms.UUIDField(widget=forms.HiddenInput, required=False)
    partner = PartnerField(label="Partner")
    amount = forms.DecimalField(
        max_digits=12, decimal_places=2, help_text="What is added to the balance; negative takes away."
    )
    reason = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}), help_text="The partner reads it on the statement."
    )

    def clean_amount(self) -> Decimal:
        amount: Decimal = self.cleaned_data["amount"]
        if not amount:
            raise ValidationError("An adjustment has an amount other than 0.")
        return amount


class DropForm(forms.Form):
    """Why an adjustment is not to be."""

    reason = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=500,
        help_text="It stands in the adjustment’s history.",
        error_messages={"required": "Say why, so that everybody who sees it understands."},
    )


class AnswerForm(forms.Form):
    """Finance's answer to a dispute: an amount that is granted, or why the line stands."""

    decision = forms.ChoiceField(
        choices=[("accept", "Accept: grant an amount"), ("decline", "Decline: the line stands as it is")],
        widget=forms.RadioSelect,
    )
    granted = forms.DecimalField(
        label="Amount granted",
        max_digits=12,
        decimal_places=2,
        required=False,
        help_text="Where you accept: what is added to the balance; negative takes away.",
    )
    words = forms.CharField(
        label="Answer",
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=LONGEST_COMMENT,
        help_text="The partner reads these words.",
    )

    def clean(self) -> dict[str, Any]:
        super().clean()
        values = self.cleaned_data
        if values.get("decision") == "accept" and not values.get("granted") and "granted" not in self.errors:
            self.add_error("granted", "An accepted dispute grants an amount other than 0.")
        return values


MOST_TIERS = 6
MOST_MONTHS = 60
WRITE_PERCENT = "Write it in per cent, like 20 or 12.5."


class TierForm(forms.Form):
    """A tier in a row of a plan's table; an empty row is no tier."""

    threshold = forms.DecimalField(
        label="From a monthly MRR of",
        min_value=Decimal(0),
        max_digits=12,
        decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"invalid": "Write it like 5000.00, without commas.", "required": "From which MRR on?"},
    )
    percent = forms.DecimalField(
        label="Rate in per cent",
        min_value=Decimal(0),
        max_value=Decimal(100),
        max_digits=5,
        decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"invalid": WRITE_PERCENT, "required": WRITE_PERCENT},
    )


TierFormSet = forms.formset_factory(TierForm, extra=MOST_TIERS, max_num=MOST_TIERS, absolute_max=MOST_TIERS)


class PlanForm(forms.Form):
    name = forms.CharField(label="Name", max_length=120, help_text="Partners see it beside their rate.")


class SimulateForm(forms.Form):
    """For whom and which service months a plan is tried."""

    partners = forms.CharField(
        label="Partners",
        required=False,
        max_length=2000,
        help_text="Keys or names, separated by commas; none: all partners.",
    )
    first = MonthField(label="From service month")
    last = MonthField(label="To service month")

    def __init__(self, *args: Any, latest: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.latest = latest

    def clean_partners(self) -> list[Partner] | None:
        """The partners that are named, each once; None for all of them."""
        named = [word for part in self.cleaned_data["partners"].split(",") if (word := part.strip())]
        found = {partner.pk: partner for partner in map(PartnerField().clean, named)}
        return list(found.values()) if named else None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last:
            if first > last:
                self.add_error("last", "It lies before the first month. Turn them around.")
            elif add_months(first, MOST_MONTHS) <= last:
                self.add_error("last", f"That is more than {MOST_MONTHS} months. Choose fewer.")
            elif last > self.latest:
                self.add_error("last", f"Nothing is known of it yet; {month_name(self.latest)} is the last that is.")
        return cleaned


class PlanFromForm(forms.Form):
    """From which service month on a plan is given."""

    first = MonthField(label="From service month")

    def __init__(self, *args: Any, latest: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.latest = latest

    def clean_first(self) -> date:
        first: date = self.cleaned_data["first"]
        if first > self.latest:
            raise ValidationError(f"That is far ahead; give it from {month_name(self.latest)} on at the latest.")
        return first


class GivePlanForm(forms.Form):
    """What was shown is confirmed, with the reason."""

    shown = forms.CharField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label="Reason", max_length=500, help_text="It stands beside the plan in the partner’s history."
    )
