from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from commissions.services.open_dispute import MOST_FILES
from parts.uploads import Upload, UploadField

LONGEST_COMMENT = 4000


class ManyFiles(forms.FileInput):
    """An input that takes several files at once."""

    allow_multiple_selected = True


class UploadsField(UploadField):
    """Several uploads, each looked at like a single one; the cleaned value is a list."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> Any:
        """:raises ValidationError: one of them is refused, or there are too many"""
        sent: Sequence[Any] = data if isinstance(data, list | tuple) else [data] if data else []
        if len(sent) > MOST_FILES:
            raise ValidationError(f"At most {MOST_FILES} files can be sent with a dispute.")
        files: list[Upload] = [super(UploadsField, self).clean(each, initial) for each in sent]
        return files


class DisputeForm(forms.Form):
    comment = forms.CharField(
        label="What is wrong",
        widget=forms.Textarea(attrs={"rows": 6}),
        max_length=LONGEST_COMMENT,
        help_text="What you expected and why: a payment that is missing, another rate, another client.",
    )
    attachments = UploadsField(
        label="Files",
        required=False,
        help_text=f"Up to {MOST_FILES}, each a PDF, PNG or JPEG of at most 10 MB, like the client's invoice.",
    )
