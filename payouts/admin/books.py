from django.contrib import admin

from accounts.admin_parts import Narrowed, ReadOnlyAdmin, leads_to, link
from affiliates.admin.columns import money, month
from affiliates.models import Partner
from payouts.models import AccountCode, Filer, TaxFile, TaxFileLine, TaxFiling


@admin.register(AccountCode)
class AccountCodeAdmin(ReadOnlyAdmin[AccountCode]):
    """Codes are given on a page of their own, since they begin with the first open month."""

    list_display = ("account", "code", "name", month("first_month"), link("given_by"), "given_at")
    list_filter = ("account",)
    list_select_related = ("given_by",)
    fields = ("account", "code", "name", month("first_month"), "given_by", "given_at")


@admin.register(Filer)
class FilerAdmin(ReadOnlyAdmin[Filer]):
    list_display = ("legal_name", "ein", "city", "state")
    fields = ("legal_name", "ein", "street", "city", "state", "zip_code", "phone")


@admin.register(TaxFile)
class TaxFileAdmin(ReadOnlyAdmin[TaxFile]):
    list_display = ("id", "year", link("made_by"), "made_at", "sha256")
    list_filter = ("year",)
    list_select_related = ("made_by",)
    fields = ("year", "made_by", "made_at", "sha256")


@admin.register(TaxFileLine)
class TaxFileLineAdmin(ReadOnlyAdmin[TaxFileLine]):
    list_display = (link("file"), link("partner"), money("amount"))
    list_filter = (("file", Narrowed), ("partner", Narrowed))
    list_select_related = ("file", "partner")
    search_fields = ("partner__name",)
    fields = ("file", "partner", money("amount"))


@admin.register(TaxFiling)
class TaxFilingAdmin(ReadOnlyAdmin[TaxFiling]):
    list_display = ("id", link("file"), "filed_on", link("noted_by"), "noted_at")
    list_filter = (("file", Narrowed),)
    list_select_related = ("file", "noted_by")
    fields = ("file", "filed_on", "noted_by", "noted_at")


leads_to(TaxFile, TaxFiling, label="filing", file__id__exact="pk")
leads_to(TaxFile, TaxFileLine, label="partners", file__id__exact="pk")
leads_to(Partner, TaxFileLine, label="1099-NEC forms", partner__id__exact="pk")
