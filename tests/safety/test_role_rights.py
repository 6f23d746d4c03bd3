"""Each role's group has the rights that `accounts/role_rights.py` says, and none of them touches money."""

import pytest
from django.contrib.auth.models import Group

from accounts.models import Role
from accounts.rights import Right

pytestmark = pytest.mark.django_db

UNTOUCHED = ("commissions", "payouts", "clients")


def rights(role: Role) -> set[str]:
    found = Group.objects.get(name=role).permissions.values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in found}


def test_sales_sees_leads_and_no_money() -> None:
    assert {"referrals.view_lead", "clients.view_client"} <= rights(Role.SALES)
    assert not [right for right in rights(Role.SALES) if right.startswith(("commissions.", "payouts."))]


@pytest.mark.parametrize("role", [Role.FINANCE, Role.FINANCE_APPROVER])
def test_finance_looks_at_everything_and_changes_it_through_services_only(role: Role) -> None:
    assert {"commissions.view_ledgerentry", "payouts.view_payout", "clients.view_invoice"} <= rights(role)
    steps = {f"accounts.{right}" for right in Right}  # Each of them asks its service.
    assert not [right for right in rights(role) - steps if ".view_" not in right]


def test_a_program_manager_changes_settings_and_not_what_was_earned() -> None:
    assert {"affiliates.change_program", "affiliates.add_agreementversion"} <= rights(Role.PROGRAM_MANAGER)
    changes = {right for right in rights(Role.PROGRAM_MANAGER) if ".view_" not in right}
    assert {right for right in changes if right.startswith(UNTOUCHED)} == {
        "clients.change_client",
        "commissions.add_plan",
        "commissions.add_tier",
    }
