from typing import Any

from django import forms

# What a clause of the Agreement is written in: plain text, up to what a request takes.
LONGEST_TEXT = 500_000


class VersionForm(forms.Form):
    """The next version of the Agreement as its plain text."""

    number = forms.CharField(label="Number", max_length=20, help_text="As partners quote it, like 2.1.")
    title = forms.CharField(label="Title", max_length=200)
    text = forms.CharField(
        label="Text",
        max_length=LONGEST_TEXT,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 24, "class": "agreement-writing", "spellcheck": "true"}),
        help_text="Plain text. A line that begins with the next number begins a clause, “Appendix A” an appendix.",
    )
    after = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def clean_text(self) -> str:
        """Line ends as files have them, as the versions before were kept."""
        text: str = self.cleaned_data["text"].replace("\r\n", "\n").replace("\r", "\n")
        if not text.strip():
            raise forms.ValidationError("Write the text of the version.")
        return text

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in ("number", "title"):
            if cleaned.get(name) and not str(cleaned[name]).isprintable():
                self.add_error(name, "Write it in letters, digits and signs that can be printed.")
        return cleaned
