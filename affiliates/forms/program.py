from typing import Any

from django import forms

from affiliates.models import FactBatch, Program
from affiliates.services.change_program import as_kept

# The settings as the page groups them; each field of the program stands in one group.
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("The program", ("name", "accent_colour", "currency", "time_zone")),
    ("The company, as statements and notices name it", ("company_name", "company_address", "company_email")),
    ("Leads", ("protection_days", "untouched_days")),
    ("Links", ("company_site", "allowed_hosts", "cookie_days")),
    (
        "Payouts and chargebacks",
        ("minimum_payout", "chargeback_threshold", "chargeback_window_days", "unusual_change_percent"),
    ),
)
LABELS = {
    "accent_colour": "Colour",
    "protection_days": "Days of protection",
    "untouched_days": "Days until a rep is reminded",
    "cookie_days": "Days that a visit counts",
    "chargeback_threshold": "Chargebacks that raise a review",
    "chargeback_window_days": "Within so many days",
    "unusual_change_percent": "Unusual change, in per cent",
    "company_name": "Name",
    "company_address": "Address",
    "company_email": "E-mail address",
    "company_site": "Website",
    "allowed_hosts": "Hosts that links may lead to",
}
HELP = {
    "name": "Partners see it on every page.",
    "accent_colour": "Buttons and marks take it; their contrast is seen to.",
    "currency": "All money of the program is in it. It stays once facts are recorded.",
    "time_zone": "In which the program’s days begin, like America/Los_Angeles.",
    "minimum_payout": "A smaller balance is carried forward.",
    "chargeback_window_days": "Counted back from the newest one.",
    "company_email": "Where partners write to; notices name it.",
}


class ProgramForm(forms.ModelForm):  # type: ignore[type-arg]
    """The settings, and in hidden fields what each was when the page was opened."""

    class Meta:
        model = Program
        fields = [name for _, names in GROUPS for name in names]
        labels = LABELS
        help_texts = HELP
        widgets = {
            "accent_colour": forms.TextInput(attrs={"type": "color"}),
            "company_address": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if FactBatch.objects.exists():
            self.fields["currency"].disabled = True
            self.fields["currency"].help_text = "Money is recorded in it, so it stays."
        self.opened_with = {name: as_kept(getattr(self.instance, name)) for name in self._meta.fields or ()}
        if self.is_bound:
            self.opened_with = {name: str(self.data.get(f"opened-{name}", "")) for name in self.opened_with}

    @property
    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields as the page shows them."""
        return [(title, [self[name] for name in names]) for title, names in GROUPS]

    def _post_clean(self) -> None:
        """The settings themselves stay as they are until the service changes them."""
        row = self.instance
        self.instance = Program.current()
        super()._post_clean()  # type: ignore[misc]
        self.instance = row
