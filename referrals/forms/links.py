from collections.abc import Sequence
from typing import Any

from django import forms

from referrals.models.link import CODE_LENGTH

DESTINATION_LENGTH = 500


class ChangeLinkForm(forms.Form):
    """What of a link can be changed. Whether it may lead there is decided where it is changed."""

    name = forms.CharField(label="Name", max_length=120, help_text="For you alone, like “Spring newsletter”.")
    destination = forms.CharField(label="Leads to", max_length=DESTINATION_LENGTH)

    def __init__(self, *args: Any, hosts: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["destination"].help_text = f"Any page of {' or '.join(hosts)}." if hosts else ""


class LinkForm(ChangeLinkForm):
    """A new link. Whether its site and code can be used is decided where it is made."""

    code = forms.CharField(
        label="Code",
        max_length=CODE_LENGTH,
        required=False,
        help_text="What the link ends in. Left empty, we think of one.",
        widget=forms.TextInput(attrs={"autocapitalize": "off", "spellcheck": "false"}),
    )
    sub_id = forms.CharField(
        label="Sub-ID", max_length=60, required=False, help_text="Your own mark, like a campaign's number."
    )
