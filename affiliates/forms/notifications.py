from collections.abc import Mapping
from typing import Any

from django import forms

from notices.models import MAY_BE_OFF, NoticeKind, Pace


class NotificationsForm(forms.Form):
    """How soon a person hears of each kind of thing. `others` says who else is told, by kind."""

    def __init__(self, *args: Any, others: Mapping[str, str], **options: Any) -> None:
        super().__init__(*args, **options)
        for kind in MAY_BE_OFF:
            self.fields[kind.value] = forms.ChoiceField(
                label=kind.label,
                choices=Pace.choices,
                widget=forms.RadioSelect,
                help_text=others.get(kind.value, ""),
            )

    def paces(self) -> dict[NoticeKind, Pace]:
        """What was chosen."""
        return {kind: Pace(self.cleaned_data[kind.value]) for kind in MAY_BE_OFF}
