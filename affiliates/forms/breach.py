from datetime import date
from typing import Any

from django import forms

from affiliates.documents.clauses import Clause
from affiliates.forms.partner import PartnerField
from affiliates.models import Partner
from parts.formats import day
from parts.uploads import UploadsField

MOST_FILES = 5
LONGEST = 4000


class ViolationForm(forms.Form):
    """What a partner did against which clause, since when it knows, and what proves it."""

    partner = PartnerField(label="Partner")
    clause = forms.ChoiceField(label="Clause")
    evidence = forms.CharField(
        label="What happened",
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="The partner reads it, word for word: what, where and when, and what would put it right.",
    )
    attachments = UploadsField(
        most=MOST_FILES,
        label="Evidence",
        required=False,
        help_text=f"Up to {MOST_FILES} files, each a PDF, PNG or JPEG of at most 10 MB. The partner can open them.",
    )
    notice_on = forms.DateField(
        label="Day of the notice",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="The 15 days to cure begin with it. Earlier than today only if notice was given in writing before.",
        error_messages={"invalid": "Write the day like 2026-03-31."},
    )

    def __init__(self, *args: Any, clauses: list[Clause], today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.today = today
        named = [(clause.key, clause.label) for clause in clauses if clause.key]
        if named:
            self.fields["clause"].widget.choices = self.fields["clause"].choices = [("", "Choose a clause"), *named]  # type: ignore[attr-defined]
        else:
            self.fields["clause"] = forms.CharField(
                label="Clause", max_length=20, help_text="No version of the Agreement is published yet."
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        partner: Partner | None = cleaned.get("partner")
        notice_on: date | None = cleaned.get("notice_on")
        if notice_on and notice_on > self.today:
            self.add_error("notice_on", "That is in the future. The notice goes out now: today, or earlier.")
        if partner and partner.terminated_on and partner.terminated_on < self.today:
            self.add_error("partner", f"The partnership with {partner} ended on {day(partner.terminated_on)}.")
        elif partner and notice_on and notice_on < partner.joined_on:
            self.add_error("notice_on", f"{partner} joined on {day(partner.joined_on)}, after that day.")
        return cleaned


class CureForm(forms.Form):
    finding = forms.CharField(
        label="What you found",
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The partner is told it, word for word.",
    )
