"""What each role may see and change in the admin, beside the rights to the steps of the business.

`migrate` gives the groups exactly these rights, so this page is the truth about them.
"""

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

from accounts.models import Role
from accounts.rights import HOLDERS

MONEY = ("affiliates", "referrals", "clients", "commissions", "payouts", "notices", "stripe", "partnerstack")
# Every model of these apps may be looked at.
SEES_APPS: dict[Role, tuple[str, ...]] = {
    Role.PROGRAM_MANAGER: ("accounts", "introductions", "crm", *MONEY),
    Role.SALES: ("referrals", "introductions", "crm"),
    Role.FINANCE: MONEY,
    Role.FINANCE_APPROVER: MONEY,
}
MAY_BESIDES: dict[Role, tuple[str, ...]] = {
    Role.PROGRAM_MANAGER: (
        "accounts.add_user",
        "accounts.change_user",
        "affiliates.change_program",
        "affiliates.change_partner",
        "affiliates.change_application",
        "affiliates.add_invitation",
        "affiliates.add_membership",
        "affiliates.change_membership",
        "affiliates.delete_membership",
        "affiliates.add_agreementversion",
        "clients.change_client",
        "commissions.add_plan",
        "commissions.add_tier",
    ),
    Role.SALES: (
        "referrals.change_lead",
        "referrals.add_leadmessage",
        "referrals.change_leadrequest",
        "affiliates.view_partner",
        "clients.view_client",
    ),
    Role.FINANCE: (),
    Role.FINANCE_APPROVER: ("accounts.view_auditentry",),
}


def give_rights() -> None:
    """This function will give each role's group its rights, and take away what is not among them."""
    for role in Role:
        rights = Q(content_type__app_label__in=SEES_APPS[role], codename__startswith="view_")
        for name in MAY_BESIDES[role]:
            app, _, codename = name.partition(".")
            rights |= Q(content_type__app_label=app, codename=codename)
        held = [right.value for right, holders in HOLDERS.items() if role in holders]
        rights |= Q(content_type__app_label="accounts", codename__in=held)
        Group.objects.get(name=role).permissions.set(Permission.objects.filter(rights))
