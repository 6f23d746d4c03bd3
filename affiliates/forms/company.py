from django import forms


class CompanyForm(forms.Form):
    name = forms.CharField(label="Company", max_length=200, help_text="As it stands on statements and invoices.")
    email = forms.EmailField(label="E-mail address", help_text="Statements and notices for the company go there.")
    address = forms.CharField(
        label="Postal address",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "street-address"}),
        help_text="Street, city, postal code and country, as they stand on an invoice.",
    )
