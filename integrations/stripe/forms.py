from django import forms
from django.core.exceptions import ValidationError

from affiliates.models.partner import KEY_LENGTH
from clients.models import Client
from clients.models.category import Category
from integrations.stripe.models.event import ID_LENGTH


class LinkForm(forms.Form):
    """The referred client that a customer of Stripe is, by its billing key."""

    client = forms.CharField(
        label="Referred client", max_length=KEY_LENGTH, help_text="Its billing key. What was recorded stays there."
    )

    def clean_client(self) -> Client:
        found = Client.objects.filter(reference__iexact=self.cleaned_data["client"]).first()
        if found is None:
            raise ValidationError("There is no client with this key.")
        return found


class RuleForm(forms.Form):
    """What a product or a price of Stripe is for."""

    goods = forms.RegexField(
        r"^(prod|price|plan)_[A-Za-z0-9_]+$|^[A-Za-z0-9_-]+$",
        label="Product or price",
        max_length=ID_LENGTH,
        help_text="As Stripe names it, like prod_QXg1 or price_1PgaDJ. A price goes before its product.",
        error_messages={"invalid": "Write the id of a product or a price, like prod_QXg1."},
    )
    category = forms.ChoiceField(label="Counts as", choices=Category.choices)

    def clean_category(self) -> Category:
        return Category(self.cleaned_data["category"])
