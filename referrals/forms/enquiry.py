from datetime import datetime, timedelta
from typing import Any, cast

from django import forms
from django.core import signing
from django.http import QueryDict

SALT = "referrals.enquiry_form"
QUICKEST = timedelta(seconds=3)  # Nobody fills the form in faster.
OPEN_FOR = timedelta(hours=12)
MOST_AGENTS = 1_000_000


class EnquiryForm(forms.Form):
    """What a visitor says. `fax` is for machines: people do not see it, and what fills it in is no person.

    `started` carries, signed, when the form was opened and the click that opened it.
    """

    company = forms.CharField(label="Company", max_length=200)
    contact = forms.CharField(label="Your name", max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(
        label="Your e-mail address at work",
        help_text="We send a link there to confirm it.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    agents = forms.IntegerField(label="People who would use it", min_value=1, max_value=MOST_AGENTS, required=False)
    consent = forms.BooleanField()
    fax = forms.CharField(
        label="Leave this empty",
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )
    started = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, consent: str, click: str = "", at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.at = at
        self.fields["consent"].label = consent
        self.fields["started"].initial = self._sign(click)

    @property
    def is_from_a_machine(self) -> bool:
        return bool(self.data.get("fax"))

    def shown_fields(self) -> list[forms.BoundField]:
        """The fields that people fill in."""
        return [field for field in self.visible_fields() if field.name != "fax"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        try:
            started, click = signing.loads(cleaned.get("started", ""), salt=SALT)
        except (signing.BadSignature, ValueError, TypeError):
            raise forms.ValidationError("This form was not opened here. Open the page again and send it") from None
        if not QUICKEST <= timedelta(seconds=self.at.timestamp() - started) <= OPEN_FOR:
            data = cast(QueryDict, self.data).copy()
            data[self.add_prefix("started")] = self._sign(click)
            self.data = data
            raise forms.ValidationError("We could not tell that you are a person. Wait a moment and send it again.")
        return cleaned | {"click": click}

    def _sign(self, click: str) -> str:
        return signing.dumps([self.at.timestamp(), click], salt=SALT)
