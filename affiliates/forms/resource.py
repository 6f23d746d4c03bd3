from django import forms

from affiliates.models import Resource
from parts.uploads import UploadField

LONGEST_TEXT = 20_000


class ResourceForm(forms.Form):
    """Something that helps partners: a text, a file, or both."""

    title = forms.CharField(label="Title", max_length=200)
    text = forms.CharField(
        label="Text",
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="Plain text; an empty line begins a paragraph.",
    )
    file = UploadField(label="File", required=False)
    place = forms.IntegerField(
        label="Place", min_value=1, max_value=999, initial=1, help_text="1 stands first; equal ones by their title."
    )
    is_published = forms.BooleanField(label="Partners can see it", required=False)

    @classmethod
    def initial_of(cls, resource: Resource) -> dict[str, object]:
        return {name: getattr(resource, name) for name in ("title", "text", "place", "is_published")}
