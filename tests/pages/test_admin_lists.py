"""Lists of the admin open as quickly with a million rows as with ten: no count of all, no sorting, no long choices.

`make bench ARGS=admin` says how quickly, with a million rows.
"""

import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection, transaction
from django.db.models import Model
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from accounts import admin_parts
from clients.models import InvoiceLine, Slice
from commissions.models import LedgerEntry
from tests.pages.everything import everything, grow, superuser
from tests.pages.test_admin import OURS, listing, signed_in

pytestmark = pytest.mark.django_db

MODELS = [model for model in apps.get_models() if model._meta.app_label in OURS and model is not Slice]
# Few by nature, whatever the program's size: what people of the company write or choose, one at a time.
FEW = {
    "accounts.User", "affiliates.AgreementVersion", "affiliates.Program", "affiliates.Resource",
    "clients.CategoryMapping",
    "commissions.Plan", "commissions.Tier", "referrals.BlockedDomain", "referrals.Rep", "referrals.Team",
    "payouts.PayingAccount",
}  # fmt: skip
# Few beside the facts: their list sorts what there is of them. Partners and what each of them has once or twice.
BY_NAME = {
    "affiliates.Partner", "affiliates.Membership", "affiliates.TaxForm", "affiliates.PayoutMethod",
    "notices.NoticePreference", "referrals.Link", "referrals.PartnerRep", "commissions.PlanAssignment",
}  # fmt: skip
MANY = [model for model in MODELS if model._meta.label not in FEW | BY_NAME]
COUNT = re.compile(r"\bCOUNT\(", re.IGNORECASE)
CUT = f"LIMIT {admin_parts.MOST_ROWS + 1}"
BUDGET = 9


def captured(client: Client, model: type[Model]) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(listing(model)).status_code in (200, 302), model
    return [query["sql"] for query in queries.captured_queries]


def test_no_list_counts_or_adds_up_a_whole_table() -> None:
    everything()
    client = signed_in(superuser())
    counts = [sql for model in MODELS for sql in captured(client, model) if COUNT.search(sql)]
    assert len(counts) >= len(MODELS) - 1  # The settings have no list.
    assert [sql for sql in counts if CUT not in sql] == []


def test_each_list_costs_the_same_with_1_row_and_with_50() -> None:
    client = signed_in(superuser())
    grow(0, 1, "2026-01")
    few = {model: len(captured(client, model)) for model in MODELS}
    grow(1, 51, "2026-02")
    many = {model: len(captured(client, model)) for model in MODELS}
    assert {model: count for model, count in many.items() if count > few[model]} == {}
    assert {model: count for model, count in many.items() if count > BUDGET} == {}


@pytest.mark.parametrize("model", MANY, ids=[model._meta.label for model in MANY])
def test_a_list_begins_in_the_order_of_an_index(model: type[Model]) -> None:
    request = RequestFactory().get(listing(model))
    request.user = superuser()
    shown = admin.site.get_model_admin(model).get_changelist_instance(request)
    with transaction.atomic(), connection.cursor() as cursor:
        for way in ("sort", "seqscan", "bitmapscan", "hashjoin", "mergejoin", "material"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
        plan = shown.queryset[:50].explain()
    assert not re.search(r"(?<!Incremental )\bSort\b  \(", plan), plan


def test_no_filter_offers_every_row_of_a_large_table() -> None:
    everything()
    client = signed_in(superuser())
    for model in MODELS:
        page = client.get(listing(model))
        if page.status_code != 200:
            continue
        for offered in page.context["cl"].filter_specs:
            related = getattr(getattr(offered, "field", None), "related_model", None)
            name = related._meta.label if related else ""
            is_narrowed = isinstance(offered, admin_parts.Narrowed)
            assert not related or is_narrowed or name in FEW | {"commissions.Period", "auth.Group"}, (model, name)


def test_a_list_that_is_too_long_says_so_and_shows_no_totals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admin_parts, "MOST_ROWS", 2)
    grow(0, 3, "2026-01")
    client = signed_in(superuser())
    shown = client.get(listing(LedgerEntry)).content.decode()
    assert "The first 2 ledger entries; search, filter or sort to see others" in shown
    assert "Total of" not in shown
    assert client.get(listing(InvoiceLine)).status_code == 200
    grow(3, 4, "2026-02")
    assert client.get(listing(LedgerEntry), {"o": "1", "p": "1"}).status_code == 200


def test_a_list_that_is_short_is_counted_and_added_up() -> None:
    grow(0, 3, "2026-01")
    shown = signed_in(superuser()).get(listing(LedgerEntry)).content.decode()
    assert "3 ledger entries" in shown
    assert "Total of 3" in shown
