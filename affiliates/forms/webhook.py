from datetime import date
from typing import Any

from django import forms

from notices.models import EventKind
from notices.models.event import COMPANYS_ALONE
from notices.models.webhook import LONGEST_ADDRESS


class WebhookForm(forms.Form):
    """An endpoint of a partner, or of the company, which may choose kinds that no partner gets."""

    url = forms.CharField(
        label="Address",
        max_length=LONGEST_ADDRESS,
        widget=forms.URLInput(attrs={"placeholder": "https://example.com/hooks/program"}),
        help_text="An https address on the public internet. It answers with 2xx once it has kept the event.",
    )
    kinds = forms.MultipleChoiceField(
        label="It is told of",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Choose none, and it is told of everything, also of what is added later.",
    )

    def __init__(self, *args: Any, is_company: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        left_out = {EventKind.TEST} if is_company else {EventKind.TEST, *COMPANYS_ALONE}
        self.fields["kinds"].choices = [  # type: ignore[attr-defined]
            (kind.value, f"{kind.label} ({kind.value})") for kind in EventKind if kind not in left_out
        ]

    def clean_url(self) -> str:
        return str(self.cleaned_data["url"]).strip()

    def chosen(self) -> dict[str, Any]:
        """What the form says as the service takes it."""
        return {
            "url": self.cleaned_data["url"],
            "kinds": [EventKind(kind) for kind in self.cleaned_data["kinds"]],
        }


class SinceForm(forms.Form):
    """From which day on everything is sent again."""

    since = forms.DateField(label="Send everything again since", widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.today = today

    def clean_since(self) -> date:
        since: date = self.cleaned_data["since"]
        if since > self.today:
            raise forms.ValidationError("That day has not come; choose today or an earlier one.")
        return since
