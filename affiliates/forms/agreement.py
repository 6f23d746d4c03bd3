from typing import Any

from django import forms

from affiliates.models import AgreementVersion, Partner


class AcceptForm(forms.Form):
    """A box and a name typed as a signature; `version` is the one that the person had before them."""

    version = forms.ModelChoiceField(AgreementVersion.objects.defer("text"), widget=forms.HiddenInput)
    is_accepted = forms.BooleanField(
        error_messages={"required": "Tick the box to say that you have read and accept this version."}
    )
    name = forms.CharField(
        label="Your full name",
        max_length=200,
        help_text="Typed as you sign it.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": "Type your full name: it is the signature."},
    )

    def __init__(self, *args: Any, partner: Partner, shown: AgreementVersion, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["version"].initial = shown.pk
        self.fields["is_accepted"].label = f"I have read version {shown.number} and accept it for {partner}."
