from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core import signing

from affiliates.models.partner import PartnerKind

SALT = "affiliates.application_form"
QUICKEST = timedelta(seconds=3)  # Nobody fills the form in faster.
OPEN_FOR = timedelta(hours=12)
KINDS = (
    (PartnerKind.AFFILIATE, "Affiliate: I reach many people and share a link"),
    (PartnerKind.LEAD_REFERRAL, "Lead referral: I introduce companies that I know"),
)


class ApplicationForm(forms.Form):
    """What an applicant says. `fax` is for machines: people do not see it, and what fills it in is no person."""

    kind = forms.ChoiceField(label="How you refer", widget=forms.RadioSelect, choices=KINDS)
    company = forms.CharField(label="Company", max_length=200, help_text="Or your own name, if you work alone.")
    site = forms.URLField(
        label="Website", max_length=300, assume_scheme="https", help_text="Your site, newsletter or profile."
    )
    name = forms.CharField(label="Your name", max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(
        label="Your e-mail address",
        help_text="We send a link there to confirm it.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    audience = forms.CharField(
        label="Whom you reach",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Their trade, their size, and about how many they are.",
    )
    promotion = forms.CharField(
        label="How you will promote the product",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="For example articles, a newsletter, calls with your own clients.",
    )
    fax = forms.CharField(
        label="Leave this empty",
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )
    started = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.at = at
        self.stamp = signing.dumps(at.timestamp(), salt=SALT)

    @property
    def is_from_a_machine(self) -> bool:
        return bool(self.data.get("fax"))

    def shown_fields(self) -> list[forms.BoundField]:
        """The fields that people fill in."""
        return [field for field in self.visible_fields() if field.name != "fax"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        try:
            started = float(signing.loads(cleaned.get("started", ""), salt=SALT))
        except (signing.BadSignature, ValueError, TypeError):
            raise forms.ValidationError("This form was not opened here. Open the page again and send it") from None
        spent = timedelta(seconds=self.at.timestamp() - started)
        if not QUICKEST <= spent <= OPEN_FOR:
            raise forms.ValidationError("We could not tell that you are a person. Wait a moment and send it again.")
        self.stamp = cleaned["started"]
        return cleaned
