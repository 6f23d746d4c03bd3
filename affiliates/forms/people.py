from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password

from accounts.models import User
from affiliates.models.partner import MemberRole

NEW_PASSWORD = forms.PasswordInput(attrs={"autocomplete": "new-password"})


class InviteForm(forms.Form):
    email = forms.EmailField(label="E-mail address", widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    role = forms.ChoiceField(
        label="Role",
        choices=MemberRole.choices,
        initial=MemberRole.MEMBER,
        help_text="Owners also change settings, people and where the money goes.",
    )


class JoinForm(forms.Form):
    """What somebody new chooses who was invited."""

    name = forms.CharField(label="Your name", max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password = forms.CharField(
        label="Password",
        widget=NEW_PASSWORD,
        strip=False,
        help_text="At least 10 characters; several words make a good one.",
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        validate_password(password, User(email=self.email, name=self.cleaned_data.get("name", "")))
        return password
