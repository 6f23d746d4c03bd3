"""The admin shows everything, costs a constant number of queries, and changes nothing that must not change."""

from decimal import Decimal

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.db.models import Model
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.admin_parts import AddOnlyAdmin, ReadOnlyAdmin
from accounts.models import AuditEntry, Role, User
from affiliates.models import AgreementVersion, Membership, PartnerHistory, PayoutMethod, Program, TaxForm
from clients.models import Slice
from commissions.models import Commission, LedgerEntry, Plan
from payouts.models import Payout, Statement
from portal.admin import ProgramSite
from tests.cast import all_rows, fay, owner_of, the_partner
from tests.pages.everything import everything, grow, superuser

pytestmark = pytest.mark.django_db

OURS = {"accounts", "notices", "affiliates", "referrals", "clients", "commissions", "payouts", "introductions", "crm"}
MODELS = [model for model in apps.get_models() if model._meta.app_label in OURS and model is not Slice]
DOORS = ["stripe", "partnerstack", "introductions", "crm"]
NAMES = [model._meta.label for model in MODELS]
MUST_NOT_CHANGE = [
    "accounts.AuditEntry", "affiliates.Acceptance", "affiliates.FactBatch", "affiliates.PartnerHistory",
    "affiliates.TaxForm", "affiliates.PayoutMethod", "affiliates.TerminationNotice", "clients.ClientHistory",
    "clients.Invoice", "clients.InvoiceLine", "clients.Payment", "clients.Reversal", "commissions.Commission",
    "commissions.LedgerEntry", "commissions.Period", "commissions.Run", "commissions.RunPart",
    "commissions.PlanAssignment", "commissions.Tier", "notices.Notice", "notices.NoticePreference",
    "payouts.Payout", "payouts.PayoutStep",
    "payouts.ReferralReport", "payouts.PartnerInvoice", "payouts.InvoiceCounter", "payouts.Statement",
    "payouts.PayingAccount", "payouts.PaymentFile", "payouts.PaymentLine",
    "referrals.Conflict", "referrals.LeadFile",
]  # fmt: skip


def listing(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def page(row: Model) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[quote(row.pk)])


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def staff(*rights: str) -> User:
    """One of the staff without a role, who has rights like `affiliates.change_partner` and no others."""
    user = User.objects.create_user("staff@people.example", name="Staff", is_staff=True)
    for name in rights:
        app, codename = name.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return User.objects.get(pk=user.pk)


def queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code in (200, 302), url
    return len(captured)


@pytest.mark.parametrize("model", MODELS, ids=NAMES)
def test_every_model_is_registered(model: type[Model]) -> None:
    assert admin.site.is_registered(model)


def test_every_list_and_every_page_opens() -> None:
    everything()
    client = signed_in(superuser())
    for model in MODELS:
        assert client.get(listing(model)).status_code == (302 if model is Program else 200), model
        assert client.get(listing(model), {"q": "a"}).status_code in (200, 302), model
        row = model._default_manager.first()
        assert row is not None, f"the program has no {model._meta.label}"
        assert client.get(page(row)).status_code == 200, model


def test_every_filter_and_every_order_works() -> None:
    everything()
    client = signed_in(superuser())
    for model in MODELS:
        shown = admin.site.get_model_admin(model).list_display
        for column in range(1, len(shown) + 1):
            assert client.get(listing(model), {"o": column}).status_code in (200, 302), (model, column)


def test_every_way_onward_leads_to_a_list_that_opens() -> None:
    everything()
    client = signed_in(superuser())
    gone = 0
    for model in MODELS:
        row = model._default_manager.first()
        response = client.get(page(row)) if row else None
        for way in response.context["ways"] if response and "ways" in response.context else []:
            assert client.get(way["url"]).status_code == 200, way["url"]
            gone += 1
    assert gone > 40


def test_a_list_costs_the_same_with_3_rows_and_with_30() -> None:
    root = superuser()
    grow(0, 3, "2026-01")
    client = signed_in(root)
    few = {model: queries(client, listing(model)) for model in MODELS}
    grow(3, 30, "2026-02")
    many = {model: queries(client, listing(model)) for model in MODELS}
    assert {model: count for model, count in many.items() if count > few[model]} == {}
    assert max(many.values()) <= 9
    assert Payout.objects.count() >= 30


def test_a_page_costs_the_same_with_3_rows_and_with_30() -> None:
    root = superuser()
    grow(0, 3, "2026-01")
    client = signed_in(root)
    watched = (Payout, LedgerEntry, Commission, Statement, PartnerHistory)
    urls = [page(model._default_manager.order_by("pk")[0]) for model in watched]
    few = [queries(client, url) for url in urls]
    grow(3, 30, "2026-02")
    many = [queries(client, url) for url in urls]
    assert [now for now, before in zip(many, few, strict=True) if now > before] == []


def test_a_money_list_ends_in_the_sum_of_all_of_its_rows() -> None:
    grow(0, 3, "2026-01")
    client = signed_in(superuser())
    # 20 % of 1,000.00 − 100.00 charged back, for each of three partners.
    assert '<td class="field-figure_amount">540.00</td>' in client.get(listing(LedgerEntry)).content.decode()
    one = client.get(listing(LedgerEntry), {"partner__id__exact": the_partner("p1").pk}).content.decode()
    assert "P1 Partners" in one
    assert "180.00" in one
    assert "P2 Partners" not in one
    assert "540.00" not in one


def test_what_must_not_change_refuses_to_be_changed() -> None:
    everything()
    client = signed_in(superuser())
    before = all_rows()
    for name in MUST_NOT_CHANGE:
        model = apps.get_model(name)
        assert isinstance(admin.site.get_model_admin(model), ReadOnlyAdmin), name
        row = model._default_manager.first()
        assert row is not None, name
        urls = (page(row), page(row).replace("/change/", "/delete/"), f"{listing(model)}add/")
        assert [client.post(url, {"post": "yes"}).status_code for url in urls] == [403] * 3, name
        at_once = {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"}
        client.post(listing(model), at_once)
    assert all_rows() == before


@pytest.mark.parametrize("model", [Plan, AgreementVersion])
def test_plans_and_versions_are_only_added(model: type[Model]) -> None:
    everything()
    client = signed_in(superuser())
    assert isinstance(admin.site.get_model_admin(model), AddOnlyAdmin)
    row = model._default_manager.first()
    assert row is not None
    assert client.post(page(row), {}).status_code == 403
    assert client.get(f"{listing(model)}add/").status_code == 200


def test_a_plan_is_added_with_its_tiers_and_begins_at_zero() -> None:
    client = signed_in(superuser())
    form = {
        "name": "Founders",
        "tiers-TOTAL_FORMS": "1",
        "tiers-INITIAL_FORMS": "0",
        "tiers-0-threshold": "100.00",
        "tiers-0-rate": "0.3",
    }
    url = f"{listing(Plan)}add/"
    refused = client.post(url, form)
    assert "begins with a tier from 0.00" in refused.content.decode()
    assert not Plan.objects.filter(name="Founders").exists()
    assert client.post(url, form | {"tiers-0-threshold": "0"}).status_code == 302
    assert [tier.rate for tier in Plan.objects.get(name="Founders").tiers.all()] == [Decimal("0.3")]


def test_a_partner_is_renamed_and_its_dates_are_not_touched() -> None:
    everything()
    client = signed_in(superuser())
    ada = the_partner("ada")
    history = list(PartnerHistory.objects.values())
    form = {
        "name": "Ada & Sons",
        "email": "ada@sons.example",
        "address": "1 Road",
        "joined_on": "2020-01-01",
        "terminated_on": "2020-02-01",
        "memberships-TOTAL_FORMS": "0",
        "memberships-INITIAL_FORMS": "0",
        "history-TOTAL_FORMS": "1",
        "history-INITIAL_FORMS": "1",
    }
    response = client.post(page(ada), form)
    assert response.status_code == 302, response.content.decode()
    now = the_partner("ada")
    assert (now.name, now.address) == ("Ada & Sons", "1 Road")
    assert (now.joined_on, now.terminated_on) == (ada.joined_on, ada.terminated_on)
    assert list(PartnerHistory.objects.values()) == history
    entry = AuditEntry.objects.filter(action="change partner").get()
    assert entry.subject == "partner ada"


def test_the_settings_are_one_row_to_change_and_nothing_to_add() -> None:
    client = signed_in(superuser())
    assert client.get(listing(Program)).headers["Location"] == page(Program.current())
    assert client.get(f"{listing(Program)}add/").status_code == 403


@pytest.mark.parametrize("model", [TaxForm, PayoutMethod])
def test_sealed_details_are_shown_nowhere(model: type[Model]) -> None:
    everything()
    client = signed_in(superuser())
    row = model._default_manager.get()
    sealed = getattr(row, "sealed_number", "") or getattr(row, "sealed_details", "")
    for url in (listing(model), page(row)):
        shown = client.get(url).content.decode()
        assert "••" in shown
        assert sealed not in shown
        assert "123456789" not in shown


def test_a_person_comes_in_by_an_address_and_a_password() -> None:
    client = signed_in(superuser())
    form = {
        "email": "new@people.example",
        "name": "New",
        "usable_password": "true",
        "password1": "a long and odd one",
        "password2": "a long and odd one",
        "is_staff": "on",
    }
    assert client.post(f"{listing(User)}add/", form).status_code == 302
    assert User.objects.get(email="new@people.example").check_password("a long and odd one")


def test_who_manages_people_makes_no_superuser_and_sets_nobodys_password() -> None:
    superuser()
    manager = staff("accounts.view_user", "accounts.change_user")
    manager.groups.add(Group.objects.get(name=Role.SALES))
    client, other = signed_in(manager), fay()
    form = {"email": "mine@people.example", "name": "Fay", "is_superuser": "on", "is_active": "on"}
    assert client.post(page(other), form).status_code == 302
    other.refresh_from_db()
    assert (other.is_superuser, other.email) == (False, "fay@people.example")
    assert client.post(page(manager), form | {"is_staff": "", "groups": []}).status_code == 302
    assert User.objects.get(pk=manager.pk).groups.exists()
    assert client.get(reverse("admin:auth_user_password_change", args=[other.pk])).status_code == 403
    assert client.post(page(User.objects.get(is_superuser=True)), form).status_code == 403


def test_memberships_are_given_by_who_may() -> None:
    everything()
    client = signed_in(staff("affiliates.view_membership", "affiliates.add_membership"))
    form = {"user": fay().pk, "partner": the_partner("ben").pk, "role": "member"}
    assert client.post(f"{listing(Membership)}add/", form).status_code == 302
    assert Membership.objects.filter(user=fay(), partner=the_partner("ben")).exists()


def test_a_statement_is_downloaded_by_who_may_see_it() -> None:
    everything()
    issued = Statement.objects.get(partner=the_partner("ada"))
    due = Statement.objects.exclude(pk=issued.pk).first()
    url = reverse("admin:payouts_statement_download", args=[issued.pk])
    stranger = staff()
    assert signed_in(stranger).get(url).status_code == 403
    stranger.user_permissions.add(Permission.objects.get(codename="view_statement"))
    response = signed_in(stranger).get(url)
    assert response.status_code == 200
    assert response.headers["Content-Disposition"] == 'attachment; filename="2026-01-ada.pdf"'
    assert response.getvalue().startswith(b"%PDF")
    assert signed_in(owner_of("ada")).get(url).status_code == 302
    assert Client().get(url).status_code == 302
    if due:
        missing = reverse("admin:payouts_statement_download", args=[due.pk])
        assert signed_in(superuser()).get(missing).status_code == 404


def test_a_commission_is_explained_on_its_page() -> None:
    everything()
    commission = Commission.objects.posted().order_by("service_month")[0]
    shown = signed_in(superuser()).get(page(commission)).content.decode()
    assert "233.33 less 0.00 posted before leaves 233.33 for this period" in shown
    assert "The facts add up to something else" not in shown


def test_a_payout_shows_its_checklist() -> None:
    everything()
    shown = signed_in(superuser()).get(page(Payout.objects.get())).content.decode()
    assert "Referral report presented" in shown
    assert "The company finds the breach cured" in shown


def test_the_index_follows_the_money() -> None:
    site = ProgramSite()
    site._registry = admin.site._registry
    request = RequestFactory().get("/admin/")
    request.user = superuser()
    labels = [app["app_label"] for app in site.get_app_list(request)]
    order = ["affiliates", "referrals", "clients", "commissions", "payouts", *DOORS, "accounts", "notices"]
    assert labels[: len(order)] == order
