from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from accounts.models import Scope


class ApiKeyForm(forms.Form):
    """A key of a partner or of the company: `scopes` are those that its owner may give."""

    name = forms.CharField(
        label="Name", max_length=80, help_text="What uses it, so that you know later: Website, CRM, Reporting."
    )
    scopes = forms.MultipleChoiceField(
        label="It may",
        widget=forms.CheckboxSelectMultiple,
        initial=[Scope.READ],
        error_messages={"required": "Choose at least one thing that the key may do."},
    )
    last_day = forms.DateField(
        label="Good until",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="The last day. Leave it empty for a key that you end by hand.",
    )

    def __init__(self, *args: Any, scopes: tuple[Scope, ...], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["scopes"].choices = [(scope.value, scope.label) for scope in scopes]  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        return " ".join(str(self.cleaned_data["name"]).split())

    def clean_last_day(self) -> date | None:
        day: date | None = self.cleaned_data["last_day"]
        if day is not None and day < self.today:
            raise forms.ValidationError("That day is over; choose today or a later one.")
        return day

    def chosen(self, time_zone: str) -> dict[str, Any]:
        """What the form says as the service takes it; a key's last day ends in the program's time zone."""
        day: date | None = self.cleaned_data["last_day"]
        ends = datetime.combine(day, time.max, ZoneInfo(time_zone)) if day else None
        return {
            "name": self.cleaned_data["name"],
            "scopes": [Scope(each) for each in self.cleaned_data["scopes"]],
            "expires_at": ends,
        }
