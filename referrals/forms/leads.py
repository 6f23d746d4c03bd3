from typing import Any

from django import forms

from referrals.companies import NAME_LENGTH, registrable_domain
from referrals.lead_rows import LONGEST_NOTE, MOST_BYTES, MOST_PEOPLE, FileRefused, read_text
from referrals.models.lead import AGENTS, EMPLOYEES, Crm

LONGEST_MESSAGE = 2000


class AttestationField(forms.BooleanField):
    """The sentence that a partner stands for with each lead (14, A); the company's name comes from the program."""

    def __init__(self) -> None:
        super().__init__(error_messages={"required": "Leads are registered only with this confirmation."})


def attest(company: str, *, many: bool = False) -> str:
    """What a partner confirms, in the contract's words."""
    whose = "Every company in the file has" if many else "The company has"
    them = "none of them violates" if many else "it does not violate"
    return (
        f"{whose} a genuine interest in purchasing {company}’s products and services, and as far as I know "
        f"{them} TCPA, FTC, FCC or DNC regulations"
    )


class LeadForm(forms.Form):
    company = forms.CharField(
        label="Company",
        max_length=NAME_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
        error_messages={"required": "Write the company’s name."},
    )
    site = forms.CharField(
        label="Website",
        required=False,
        max_length=NAME_LENGTH,
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "placeholder": "acme.com"}),
    )
    contact = forms.CharField(
        label="Contact",
        max_length=NAME_LENGTH,
        help_text="Who sales should talk to.",
        error_messages={"required": "Write who sales should talk to."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )
    email = forms.EmailField(
        label="Contact’s e-mail address",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Write the contact’s address.", "invalid": "Write it like jo@acme.com."},
    )
    agents = forms.IntegerField(
        label="Agents",
        required=False,
        min_value=1,
        max_value=MOST_PEOPLE,
        help_text=f"People on the phone; {AGENTS.start} to {AGENTS[-1]} fit best.",
    )
    employees = forms.IntegerField(
        label="Employees",
        required=False,
        min_value=1,
        max_value=MOST_PEOPLE,
        help_text=f"Where you do not know the agents; {EMPLOYEES.start} to {EMPLOYEES[-1]} fit best.",
    )
    crm = forms.ChoiceField(label="CRM in use", required=False, choices=[("", "Not known"), *Crm.choices])
    note = forms.CharField(
        label="Note to sales",
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        help_text="What they need, and when to call.",
    )
    is_attested = AttestationField()

    def __init__(self, *args: Any, company: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["is_attested"].label = attest(company)

    def clean_site(self) -> str:
        site: str = self.cleaned_data["site"]
        if site and not registrable_domain(site):
            raise forms.ValidationError("Write the company’s address like acme.com, or leave it out.")
        return site


class FileForm(forms.Form):
    """A file, or the rows of one pasted."""

    file = forms.FileField(
        label="CSV file",
        required=False,
        help_text="At most 1,000 companies and 1 MB, in UTF-8.",
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv,text/plain"}),
    )
    pasted = forms.CharField(
        label="Or paste the rows",
        required=False,
        strip=False,
        help_text="With the line that names the columns on top; copied from a spreadsheet is fine.",
        widget=forms.Textarea(attrs={"rows": 5, "dir": "auto"}),
    )

    def clean(self) -> dict[str, Any]:
        """Make one text of whichever was brought."""
        data = super().clean() or {}
        file, pasted = data.get("file"), data.get("pasted") or ""
        if self.errors:
            return data
        if not file and not pasted.strip():
            raise forms.ValidationError("Choose a file, or paste the rows.")
        if file and file.size > MOST_BYTES:
            self.add_error("file", "The file is larger than 1 MB. Split it into files of at most 1,000 rows.")
            return data
        try:
            data["text"] = read_text(file.read() if file else pasted.encode())
        except FileRefused as refused:
            self.add_error("file" if file else "pasted", str(refused))
        data["name"] = file.name if file else "Pasted rows"
        return data


class AttestationForm(forms.Form):
    is_attested = AttestationField()

    def __init__(self, *args: Any, company: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["is_attested"].label = attest(company, many=True)


class AttestForm(forms.Form):
    """The confirmation of a lead that came by e-mail."""

    is_attested = AttestationField()

    def __init__(self, *args: Any, company: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["is_attested"].label = attest(company)


class MessageForm(forms.Form):
    text = forms.CharField(
        label="Your question",
        max_length=LONGEST_MESSAGE,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        error_messages={"required": "Write your question."},
    )


class ExtensionForm(forms.Form):
    reason = forms.CharField(
        label="Why it takes longer",
        max_length=LONGEST_MESSAGE,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        help_text="For example when the company decides.",
        error_messages={"required": "Say why it takes longer."},
    )


class DemoForm(forms.Form):
    text = forms.CharField(
        label="To sales",
        required=False,
        max_length=LONGEST_MESSAGE,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
        help_text="For example which days suit you.",
    )
