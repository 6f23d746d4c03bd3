"""The admin site as a whole: its apps in the order of the money, and the portal's own sign-in."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponse

# Partner → lead → client → commission → payout → people, and in each app the order in which one reads it.
ORDER = {
    "affiliates": (
        "Partner", "Application", "Membership", "Invitation", "Acceptance", "Violation", "ViolationFile",
        "TerminationNotice", "TaxForm", "PayoutMethod", "PartnerHistory", "AgreementVersion", "Resource", "Program",
        "FactBatch",
    ),
    "referrals": (
        "Lead", "LeadStep", "LeadWork", "Demo", "Conflict", "BlockedDomain", "LeadMessage", "LeadRequest", "LeadNote",
        "LeadFile", "LeadCount", "Link", "Click", "Enquiry",
        "Rep", "Team", "PartnerRep",
    ),
    "clients": (
        "Client", "Invoice", "InvoiceLine", "Payment", "Reversal", "PaymentProblem", "CategoryMapping",
        "ChargebackReview", "RefusedRecording", "ClientHistory", "WinCorrection",
    ),
    "commissions": (
        "Period", "Run", "RunPart", "Commission", "LedgerEntry", "Adjustment", "Dispute", "DisputeFile", "Plan", "Tier",
        "PlanAssignment",
    ),
    "payouts": (
        "Payout", "PayoutStep", "ReferralReport", "PartnerInvoice", "InvoiceCounter", "PaymentFile", "PaymentLine",
        "PayingAccount", "Statement", "AccountCode", "Filer", "TaxFile", "TaxFileLine", "TaxFiling",
    ),
    "stripe": (
        "StripeCustomer", "StripeFinding", "CategoryRule", "StripeEvent", "EventToWork", "StripeObject", "BackfillList",
    ),
    "partnerstack": ("Import", "Reading", "RawRow", "Counterpart", "Unplaced", "Difference"),
    "introductions": ("Reading", "Message", "Mailbox"),
    "crm": ("Connection", "LeadSync", "Hook"),
    "accounts": (
        "User", "Group", "EmailAddress", "Authenticator", "UserSession", "ApiKey", "KeptAnswer", "AuditEntry",
        "AuditSeal",
    ),
    "notices": ("Notice", "NoticePreference", "WebhookEndpoint", "WebhookDelivery", "WebhookAttempt", "Event"),
}  # fmt: skip
# Shown among the people, wherever Django and its libraries keep them.
PEOPLE = ("auth", "account", "mfa", "usersessions")


class ProgramSite(AdminSite):
    site_title = site_header = "Partner program"
    index_title = "The program"
    empty_value_display = "–"

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The apps in the order of the money; what no order knows comes last, by its name."""
        apps = super().get_app_list(request, app_label)
        by_label = {app["app_label"]: app for app in apps}
        if "accounts" in by_label:
            for label in PEOPLE:
                by_label["accounts"]["models"] += by_label.pop(label, {"models": []})["models"]
        for label, app in by_label.items():
            known = ORDER.get(label, ())
            app["models"].sort(key=lambda model: _place(model["object_name"], known))
        return sorted(by_label.values(), key=lambda app: _place(app["app_label"], tuple(ORDER)))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Staff sign in where everybody does."""
        from allauth.account.decorators import (
            secure_admin_login,
        )  # It needs the models, this module loads before.

        response: HttpResponse = secure_admin_login(super().login)(request, extra_context)
        return response


class ProgramAdminConfig(AdminConfig):
    default_site = "portal.admin.ProgramSite"


def _place(name: str, known: tuple[str, ...]) -> tuple[int, str]:
    return (known.index(name) if name in known else len(known), name)
