"""What sales enters on a lead's page and when it decides a conflict."""

from decimal import Decimal
from typing import Any

from django import forms

from referrals.forms.leads import LONGEST_MESSAGE
from referrals.models import Conflict
from referrals.models.conflict import ConflictKind, ConflictState
from referrals.models.conversation import RequestState, Wish


def _text(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "dir": "auto"})


def _day() -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class PlanForm(forms.Form):
    """What comes next with a lead, and what it may bring a month."""

    next_step = forms.CharField(label="Next step", required=False, max_length=200)
    next_step_on = forms.DateField(label="On", required=False, widget=_day())
    expected_mrr = forms.DecimalField(
        label="Expected MRR", required=False, min_value=Decimal("0.01"), max_digits=12, decimal_places=2
    )


class PlanDemoForm(forms.Form):
    """When the demo is, and whether the partner joins."""

    when = forms.DateTimeField(
        label="Date and time",
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
        error_messages={"required": "Say when the demo is."},
    )
    partner_joins = forms.BooleanField(
        label="The partner joins", required=False, help_text="The partner is told the date then, and sees it."
    )


class NoteForm(forms.Form):
    text = forms.CharField(
        label="Note for colleagues",
        max_length=LONGEST_MESSAGE,
        widget=_text(2),
        help_text="No partner sees it.",
        error_messages={"required": "Write the note."},
    )


class ReplyForm(forms.Form):
    text = forms.CharField(
        label="To the partner",
        max_length=LONGEST_MESSAGE,
        widget=_text(3),
        help_text="The partner reads it on the lead’s page and by e-mail.",
        error_messages={"required": "Write what the partner is to read."},
    )


class RequestForm(forms.Form):
    """The answer to what a partner asks for."""

    decision = forms.ChoiceField(
        label="Decision",
        choices=((RequestState.GRANTED, "Grant it"), (RequestState.DECLINED, "Decline it")),
        widget=forms.RadioSelect,
        error_messages={"required": "Grant it or decline it."},
    )
    until = forms.DateField(label="Protected until", required=False, widget=_day())
    answer = forms.CharField(label="To the partner", required=False, max_length=LONGEST_MESSAGE, widget=_text(2))

    def __init__(self, *args: Any, wish: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if wish != Wish.EXTENSION:
            del self.fields["until"]

    def clean(self) -> dict[str, Any]:
        """A decline says why, a longer protection until when."""
        data = super().clean() or {}
        is_granted = data.get("decision") == RequestState.GRANTED
        if data.get("decision") == RequestState.DECLINED and not data.get("answer", "").strip():
            self.add_error("answer", "Say why; the partner reads it.")
        if is_granted and "until" in self.fields and not data.get("until") and "until" not in self.errors:
            self.add_error("until", "Say until which day the lead is protected.")
        return data


class DecideForm(forms.Form):
    """For whom a conflict is decided, and why."""

    to = forms.ChoiceField(
        label="Decide", widget=forms.RadioSelect, error_messages={"required": "Choose one of the two."}
    )
    reason = forms.CharField(
        label="Reason",
        max_length=LONGEST_MESSAGE,
        widget=_text(3),
        help_text="For colleagues and the audit trail; partners do not see it.",
        error_messages={"required": "Write the reason."},
    )

    def __init__(self, *args: Any, conflict: Conflict, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        to = self.fields["to"]
        if isinstance(to, forms.ChoiceField):
            to.choices = choices_of(conflict)


def choices_of(conflict: Conflict) -> list[tuple[str, str]]:
    """The two ways to decide a conflict, in words."""
    partner = conflict.lead.partner
    if conflict.kind == ConflictKind.LEAD and conflict.first is not None:
        return [
            (ConflictState.FIRST.value, f"It stays with {conflict.first.partner}, who registered it first"),
            (ConflictState.LATER.value, f"It goes to {partner}, who registered it later"),
        ]
    known = "It is a customer" if conflict.kind == ConflictKind.CUSTOMER else "The domain stays blocked"
    return [
        (ConflictState.FIRST.value, f"{known}: reject the registration"),
        (ConflictState.LATER.value, f"It is not: {partner} is credited for it"),
    ]


class BlockForm(forms.Form):
    domain = forms.CharField(
        label="Domain", max_length=253, error_messages={"required": "Write a domain like acme.com."}
    )
    reason = forms.CharField(label="Why", max_length=200, error_messages={"required": "Say why it is blocked."})
