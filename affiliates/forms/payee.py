"""The forms that say to whom money is paid: tax forms as the IRS asks them, and bank accounts."""

from datetime import date
from typing import Any

import pycountry
from django import forms
from schwifty import IBAN
from schwifty.exceptions import SchwiftyException
from stdnum.us import ein, itin, rtn, ssn

from affiliates.models.payee import SAVINGS, PayoutMethodKind, TaxFormKind

COUNTRIES = [
    ("", "Choose"),
    *sorted(((each.alpha_2, each.name) for each in pycountry.countries), key=lambda country: country[1]),
]
ABROAD = [country for country in COUNTRIES if country[0] != "US"]
CLASSES = (
    ("", "Choose"),
    ("individual", "Individual or sole proprietor"),
    ("c_corporation", "C corporation"),
    ("s_corporation", "S corporation"),
    ("partnership", "Partnership"),
    ("trust", "Trust or estate"),
    ("llc_c", "LLC taxed as a C corporation"),
    ("llc_s", "LLC taxed as an S corporation"),
    ("llc_p", "LLC taxed as a partnership"),
)
NUMBERS = (("ein", "EIN, of a business"), ("ssn", "SSN or ITIN, of a person"))
CHAPTER_3 = (
    ("", "Choose"),
    ("corporation", "Corporation"),
    ("disregarded", "Disregarded entity"),
    ("partnership", "Partnership"),
    ("simple_trust", "Simple trust"),
    ("grantor_trust", "Grantor trust"),
    ("complex_trust", "Complex trust"),
    ("estate", "Estate"),
    ("government", "Government"),
    ("organization", "International or tax-exempt organization"),
)
CHAPTER_4 = (
    ("", "Choose"),
    ("active_nffe", "Active NFFE"),
    ("passive_nffe", "Passive NFFE"),
    ("public_nffe", "Publicly traded NFFE or its affiliate"),
    ("participating_ffi", "Participating FFI"),
    ("model_1_ffi", "Reporting Model 1 FFI"),
    ("model_2_ffi", "Reporting Model 2 FFI"),
    ("deemed_compliant_ffi", "Registered deemed-compliant FFI"),
    ("other", "Another status, to be agreed with finance"),
)
NO_AUTOFILL = {"autocomplete": "off"}


def number_field(label: str, help_text: str = "", *, required: bool = True) -> forms.CharField:
    """A field for a number that nobody should find in the browser's memory."""
    return forms.CharField(
        label=label, max_length=40, required=required, help_text=help_text, widget=forms.TextInput(attrs=NO_AUTOFILL)
    )


class TaxFormForm(forms.Form):
    """What all three forms have; `answers` are the fields that go into the sealed part."""

    is_certified = forms.BooleanField(error_messages={"required": "Tick the box to sign the form."})
    signature = forms.CharField(
        label="Sign by typing your full name", max_length=200, widget=forms.TextInput(attrs=NO_AUTOFILL)
    )
    certification: str

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["is_certified"].label = self.certification
        self.order_fields([name for name in self.fields if name not in TaxFormForm.base_fields])

    def taxpayer_number(self) -> str:
        """The taxpayer's number as it was checked."""
        return str(self.cleaned_data["number"])

    def answers(self) -> dict[str, str]:
        """Every answer but the number, which is sealed apart, and the certification."""
        left_out = {"legal_name", "number", "is_certified"}
        return {name: str(value) for name, value in self.cleaned_data.items() if name not in left_out and value}


class W9Form(TaxFormForm):
    legal_name = forms.CharField(label="Name, as shown on your income tax return", max_length=200)
    business_name = forms.CharField(label="Business name, if different", max_length=200, required=False)
    classification = forms.ChoiceField(label="Federal tax classification", choices=CLASSES)
    exempt_payee_code = forms.CharField(label="Exempt payee code", max_length=2, required=False)
    street = forms.CharField(label="Street address", max_length=200)
    city = forms.CharField(label="City, state and ZIP code", max_length=200)
    number_kind = forms.ChoiceField(label="Taxpayer number", widget=forms.RadioSelect, choices=NUMBERS)
    number = number_field("Number", "Nine digits. Stored encrypted, and shown by its last four.")
    certification = (
        "Under penalties of perjury I certify that this is my correct number, that I am not subject to backup "
        "withholding, that I am a U.S. person, and that any FATCA code entered is correct."
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        kind, number = cleaned.get("number_kind"), str(cleaned.get("number", ""))
        if kind and number:
            digits = "".join(each for each in number if each.isdigit())
            is_good = ein.is_valid(digits) if kind == "ein" else is_persons_number(digits)
            if not is_good:
                said = "an EIN is like 12-3456789" if kind == "ein" else "an SSN or ITIN is like 536-90-4399"
                self.add_error("number", f"This number is not given out; {said}.")
            cleaned["number"] = ein.format(digits) if kind == "ein" else ssn.format(digits)
        return cleaned


def is_persons_number(digits: str) -> bool:
    """Whether nine digits are an SSN or an ITIN."""
    return bool(ssn.is_valid(digits) or itin.is_valid(digits))


class ForeignForm(TaxFormForm):
    """What the two forms for those outside of the United States share."""

    street = forms.CharField(label="Permanent residence: street address", max_length=200)
    city = forms.CharField(label="City, region and postal code", max_length=200)
    country = forms.ChoiceField(label="Country of residence", choices=ABROAD)
    number = number_field(
        "Tax number in that country", "At least five characters. Stored encrypted, and shown by its last four."
    )
    us_number = number_field("U.S. taxpayer number", "SSN, ITIN or EIN, if you have one.", required=False)
    treaty_country = forms.ChoiceField(
        label="Tax treaty claimed with", choices=[("", "None"), *ABROAD[1:]], required=False
    )
    treaty_article = forms.CharField(label="Treaty article and rate", max_length=100, required=False)

    def clean_number(self) -> str:
        number = str(self.cleaned_data["number"]).strip()
        if len(number) < 5 or not any(each.isdigit() for each in number):
            raise forms.ValidationError("A tax number has at least five characters, digits among them.")
        return number

    def clean_us_number(self) -> str:
        digits = "".join(each for each in self.cleaned_data["us_number"] if each.isdigit())
        if self.cleaned_data["us_number"] and not (ein.is_valid(digits) or is_persons_number(digits)):
            raise forms.ValidationError("This number is not given out; leave it empty if you have none.")
        return digits


class W8BenForm(ForeignForm):
    legal_name = forms.CharField(label="Name of the individual", max_length=200)
    citizenship = forms.ChoiceField(label="Country of citizenship", choices=ABROAD)
    born_on = forms.DateField(label="Date of birth", widget=forms.DateInput(attrs={"type": "date"}))
    field_order = ("legal_name", "citizenship", "born_on")
    certification = (
        "Under penalties of perjury I certify that I am the beneficial owner of the income, that I am not a "
        "U.S. person, that the income is not effectively connected with a trade or business in the United States, "
        "and that I will submit a new form within 30 days if this stops being correct."
    )

    def clean_born_on(self) -> date:
        born_on: date = self.cleaned_data["born_on"]
        if not date(1900, 1, 1) <= born_on < self.today:
            raise forms.ValidationError("Write the day on which you were born.")
        return born_on


class W8BenEForm(ForeignForm):
    legal_name = forms.CharField(label="Name of the organization", max_length=200)
    incorporated_in = forms.ChoiceField(label="Country of incorporation", choices=ABROAD)
    chapter_3 = forms.ChoiceField(label="Chapter 3 status (type of entity)", choices=CHAPTER_3)
    chapter_4 = forms.ChoiceField(label="Chapter 4 status (FATCA)", choices=CHAPTER_4)
    giin = forms.CharField(label="GIIN", max_length=19, required=False, help_text="For financial institutions.")
    capacity = forms.CharField(label="Your capacity", max_length=100, help_text="For example director.")
    field_order = ("legal_name", "incorporated_in", "chapter_3", "chapter_4", "giin")
    certification = (
        "Under penalties of perjury I certify that the organization is the beneficial owner of the income and not "
        "a U.S. person, that I may sign for it, and that it will submit a new form within 30 days if this stops being "
        "correct."
    )


TAX_FORMS: dict[TaxFormKind, type[TaxFormForm]] = {
    TaxFormKind.W9: W9Form,
    TaxFormKind.W8BEN: W8BenForm,
    TaxFormKind.W8BENE: W8BenEForm,
}


class PayoutMethodForm(forms.Form):
    """Where money goes; `details` is the account as it is kept."""

    holder = forms.CharField(label="Account holder", max_length=200, help_text="As the bank knows them.")

    def details(self) -> str:
        raise NotImplementedError


class AchForm(PayoutMethodForm):
    routing = number_field("Routing number", "Nine digits, at the bottom left of a check.")
    account = number_field("Account number", "4 to 17 digits. Stored encrypted, and shown by its last four.")
    again = number_field("Account number again")
    account_type = forms.ChoiceField(
        label="Kind of account",
        choices=[("checking", "Checking"), ("savings", "Savings")],
        initial="checking",
        error_messages={"required": "Choose what kind of account it is."},
    )

    def clean_routing(self) -> str:
        routing = "".join(str(self.cleaned_data["routing"]).split())
        if not rtn.is_valid(routing):
            raise forms.ValidationError("No bank has this routing number; look at it again, digit by digit.")
        return routing

    def clean_account(self) -> str:
        account = "".join(str(self.cleaned_data["account"]).split())
        if not (account.isascii() and account.isdecimal() and 4 <= len(account) <= 17):
            raise forms.ValidationError("An account number has 4 to 17 digits.")
        return account

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        again = "".join(str(cleaned.get("again", "")).split())
        if again and cleaned.get("account") and again != cleaned["account"]:
            self.add_error("again", "The two account numbers are not the same.")
        return cleaned

    def details(self) -> str:
        of_savings = SAVINGS if self.cleaned_data["account_type"] == "savings" else ""
        return f"{of_savings}{self.cleaned_data['routing']} {self.cleaned_data['account']}"


class IbanForm(PayoutMethodForm):
    iban = number_field("IBAN", "Like DE89 3704 0044 0532 0130 00. Stored encrypted, and shown by its last four.")

    def clean_iban(self) -> str:
        try:
            return str(IBAN(self.cleaned_data["iban"], validate_bban=True).compact)
        except SchwiftyException:
            raise forms.ValidationError("This is no IBAN; look at it again, character by character.") from None

    def details(self) -> str:
        return str(self.cleaned_data["iban"])


class PayPalForm(PayoutMethodForm):
    paypal = forms.EmailField(label="E-mail address of the PayPal account", widget=forms.EmailInput(attrs=NO_AUTOFILL))

    def details(self) -> str:
        return str(self.cleaned_data["paypal"])


METHOD_FORMS: dict[PayoutMethodKind, type[PayoutMethodForm]] = {
    PayoutMethodKind.ACH: AchForm,
    PayoutMethodKind.IBAN: IbanForm,
    PayoutMethodKind.PAYPAL: PayPalForm,
}
