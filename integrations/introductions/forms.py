"""What sales enters on a message's page."""

from typing import Any

from django import forms

from affiliates.models import Partner
from integrations.introductions.models import Reading
from integrations.introductions.proposal import Proposal
from referrals.companies import NAME_LENGTH, registrable_domain
from referrals.models import Lead

LONGEST_REASON = 2000


class ProposalForm(forms.Form):
    """Company and contact, as they were guessed or as they are."""

    company = forms.CharField(
        label="Company",
        max_length=NAME_LENGTH,
        widget=forms.TextInput(attrs={"dir": "auto"}),
        error_messages={"required": "Write the company’s name."},
    )
    domain = forms.CharField(
        label="Website", required=False, max_length=NAME_LENGTH, widget=forms.TextInput(attrs={"inputmode": "url"})
    )
    contact = forms.CharField(
        label="Contact",
        max_length=200,
        widget=forms.TextInput(attrs={"dir": "auto"}),
        error_messages={"required": "Write who is to be talked to."},
    )
    email = forms.EmailField(label="E-mail", error_messages={"required": "Write the contact’s address."})

    def clean_domain(self) -> str:
        site: str = self.cleaned_data["domain"]
        if site and not registrable_domain(site):
            raise forms.ValidationError("Write the company’s address like acme.com, or leave it out.")
        return site

    @property
    def proposal(self) -> Proposal:
        told = self.cleaned_data
        return Proposal(told["company"], told["contact"], told["email"], told["domain"])


class TakeForm(ProposalForm):
    """The same with the partner, out of those that the sender acts for."""

    partner = forms.ModelChoiceField(
        label="Partner", queryset=Partner.objects.none(), error_messages={"required": "Choose the partner."}
    )
    field_order = ("partner",)

    def __init__(self, *args: Any, reading: Reading, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        partners = Partner.objects.filter(memberships__user=reading.member).order_by("name")
        field = self.fields["partner"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = partners


class JoinForm(forms.Form):
    """The lead that a message belongs to, by its number."""

    lead = forms.ModelChoiceField(
        label="Number of the lead",
        queryset=Lead.objects.all(),
        widget=forms.NumberInput(attrs={"min": 1}),
        help_text="It stands in the address of the lead’s page.",
        error_messages={
            "required": "Write the number of the lead.",
            "invalid_choice": "There is no lead with that number.",
        },
    )


class NoIntroductionForm(forms.Form):
    reason = forms.CharField(
        label="Why",
        required=False,
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
    )

    def __init__(self, *args: Any, has_lead: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reason = self.fields["reason"]
        reason.required = has_lead
        reason.help_text = "The lead is rejected with it; its partner sees it." if has_lead else "For colleagues."
        reason.error_messages["required"] = "Say why; the partner sees it at the lead."
