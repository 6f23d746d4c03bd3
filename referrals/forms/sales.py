from typing import Any

from django import forms

from accounts.models import User
from affiliates.models import Partner
from referrals.forms.leads import LONGEST_MESSAGE
from referrals.models import Rep, Team
from referrals.models.lead import Stage

BY_RULE = "rule"


class MoveForm(forms.Form):
    """Where a card is moved to, and where the mover saw it."""

    to = forms.ChoiceField(choices=Stage.choices)
    seen = forms.ChoiceField(choices=Stage.choices)
    reason = forms.CharField(required=False, max_length=LONGEST_MESSAGE)


class EndForm(forms.Form):
    """How a lead ends that is not won."""

    to = forms.ChoiceField(
        label="What became of it",
        choices=((Stage.LOST, "Lost: it did not buy"), (Stage.REJECTED, "Rejected: we do not take it up")),
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label="Reason",
        required=False,
        max_length=LONGEST_MESSAGE,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        help_text="The partner reads it; a rejection needs one.",
    )


class AssignForm(forms.Form):
    """Whom the chosen leads are given to."""

    to = forms.ChoiceField(label="Give to")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reps = Rep.objects.filter(user__is_active=True).select_related("user")
        self.reps = {str(rep.pk): rep for rep in reps}
        to = self.fields["to"]
        if isinstance(to, forms.ChoiceField):
            to.choices = [
                ("", "Choose a rep"),
                (BY_RULE, "By the rule"),
                *((key, str(r)) for key, r in self.reps.items()),
            ]


class ExtendForm(forms.Form):
    """Until when the chosen leads are protected."""

    until = forms.DateField(label="Protect until", widget=forms.DateInput(attrs={"type": "date"}))


class TeamForm(forms.Form):
    name = forms.CharField(
        label="Name of the team", max_length=80, error_messages={"required": "Write how the team is called."}
    )


class RepForm(forms.Form):
    """A rep's team, and whether new leads come to the rep."""

    user = forms.ModelChoiceField(User.objects.none(), widget=forms.HiddenInput)
    team = forms.ModelChoiceField(Team.objects.all(), label="Team", required=False, empty_label="No team")
    is_active = forms.BooleanField(label="Takes new leads", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        user = self.fields["user"]
        if isinstance(user, forms.ModelChoiceField):
            user.queryset = User.objects.filter(is_staff=True)


class PartnerRepForm(forms.Form):
    """A partner's own rep; the partner is named by its key or its name."""

    partner = forms.CharField(
        label="Partner",
        max_length=200,
        help_text="Its name or its key.",
        error_messages={"required": "Name a partner."},
    )
    rep = forms.ModelChoiceField(
        Rep.objects.select_related("user"), label="Rep", required=False, empty_label="Nobody: the reps take turns"
    )

    def clean_partner(self) -> Partner:
        said = self.cleaned_data["partner"].strip()
        by_key = Partner.objects.filter(reference__iexact=said)
        found = list(by_key or Partner.objects.filter(name__iexact=said)[:2])
        if len(found) != 1:
            many = "Several partners have that name; write the key." if found else "No partner has that name or key."
            raise forms.ValidationError(many)
        return found[0]
