"""Rows of one company or partner are known for one, whether they come together or one after the other."""

from datetime import UTC, datetime

import pytest
from django.test import Client as Browser
from django.urls import reverse

from affiliates.models import Partner
from clients.models import Client
from integrations.partnerstack.models import Counterpart, RawRow, Unplaced
from referrals.models import Lead
from referrals.models.lead import Stage
from tests.cast import pam, program
from tests.integrations.partnerstack.brought import bring
from tests.integrations.partnerstack.standin import Row, Rows, customer, deal, partnership, reward, transaction

pytestmark = pytest.mark.django_db
AT = datetime(2025, 6, 15, 12, tzinfo=UTC)


def bring_twice(rows: Rows) -> None:
    """Again, it changes nothing."""
    program()
    bring(rows, at=AT)
    before = [set(model.objects.values_list()) for model in (Client, Partner, Lead, RawRow, Counterpart)]
    listed = sorted(Unplaced.objects.values_list("kind", "key", "why"))
    bring(rows, at=AT)
    assert before == [set(model.objects.values_list()) for model in (Client, Partner, Lead, RawRow, Counterpart)]
    assert listed == sorted(Unplaced.objects.values_list("kind", "key", "why"))


@pytest.mark.parametrize("key", ["cus_again", 0, None, "no key here!"])
def test_customers_with_one_key_of_the_companys_are_one_client(key: object) -> None:
    again = customer("acme", day="2025-03-01") | {"key": key}
    bring_twice({"partnerships": [partnership()], "customers": [customer("acme"), again]})
    found = Counterpart.objects.filter(kind="customers").values_list("client__reference", flat=True)
    assert list(found) == ["acme", "acme"]


def test_customers_of_two_partners_with_one_key_are_not() -> None:
    rows = {
        "partnerships": [partnership("ada"), partnership("ben")],
        "customers": [customer("acme"), customer("acme", "ben") | {"key": "cus_of_ben"}],
    }
    bring_twice(rows)
    assert Counterpart.objects.filter(kind="customers").count() == 1
    assert "acme is a client of Ada" in Unplaced.objects.get(kind="customers").why


def test_partnerships_with_one_key_of_a_partner_are_one_partner() -> None:
    program()
    before = Partner.objects.count()
    bring_twice({"partnerships": [partnership("cleo"), partnership("cleo") | {"key": "part_again"}]})
    assert Partner.objects.count() == before + 1
    assert Counterpart.objects.filter(partner__reference="cleo").count() == 2


def won(name: str, day: str) -> Row:
    return deal(name, day, "won")


def of_leads() -> dict[str, str]:
    """The companies of the leads that clients came of, by the clients' references."""
    return dict(Client.objects.exclude(lead=None).values_list("reference", "lead__company"))


def test_a_won_deal_is_the_lead_of_its_client() -> None:
    rows = {
        "partnerships": [partnership()],
        "customers": [customer("acme", day="2025-02-20"), customer("birch"), customer("cedar") | {"name": "Elm, Inc."}],
        "deals": [won("acme", "2025-01-15"), won("elm", "2025-01-16"), deal("birch", "2025-01-17", "proposal")],
    }
    bring_twice(rows)
    assert of_leads() == {"acme": "Acme", "cedar": "Elm"}
    assert Lead.objects.get(company="Acme").stage == Stage.WON


def test_what_is_not_surely_the_same_stays_apart() -> None:
    rows = {
        "partnerships": [partnership("ada"), partnership("ben")],
        "customers": [
            customer("acme", day="2025-02-01"),  # It closed before the deal began.
            customer("birch", "ben"),  # It is another partner's.
            customer("cedar"),
            customer("cedar2") | {"email": "jo@cedar.example"},  # Two of one company.
        ],
        "deals": [won("acme", "2025-03-01"), won("birch", "2025-01-15"), won("cedar", "2025-01-15")],
    }
    bring_twice(rows)
    assert of_leads() == {"cedar": "Cedar"}  # Their domain leaves it open; the name of one is the deal's.


def test_a_row_of_halves_of_characters_can_be_looked_at() -> None:
    program()
    odd = transaction("1", "2025-03-05", 100, note="\ud800 \x00 \u202e", currency="\ud800")
    bring({"partnerships": [partnership()], "transactions": [odd], "rewards": [reward("1", "2025-03-06", 5)]}, at=AT)
    browser = Browser()
    browser.force_login(pam())
    answer = browser.get(reverse("staff_partnerstack_row", args=[Unplaced.objects.get(kind="transactions").pk]))
    assert answer.status_code == 200
    assert "\\ud800" in answer.content.decode()
