"""Two people of two partners at every address, with every method, by every id: nothing of the other's, ever."""

from collections import defaultdict
from uuid import UUID

import pytest
import time_machine
from django.apps import apps
from django.test import Client

from accounts.models import User
from accounts.row_security import rows_of
from affiliates.models import Partner
from tests.addresses import Address, addresses, doors
from tests.cast import AT
from tests.world import BENS, ada_member, bens_owner, two_worlds

pytestmark = pytest.mark.django_db
METHODS = ("get", "head", "options", "post", "put", "patch", "delete")
# Whoever has the address may see what is there: it leads visitors to a partner, or names it to them.
PUBLIC = {"enquiry", "enquiry_sent", "follow"}
# Addresses with a word that nobody can guess; each has tests of its own.
# What following a partner's link adds, whoever does.
CLICKS = "referrals.Click"
SECRET = {"apply_confirm", "enquiry_confirm", "join", "notice_off", "payout_method_confirm"}


@pytest.fixture
def worlds() -> tuple[Partner, Partner]:
    return two_worlds()


def rows(partner: Partner) -> dict[str, list[tuple[object, ...]]]:
    """Every row that a partner may see, by table."""
    with rows_of(partner.pk):
        return {
            model._meta.label: sorted(model._default_manager.values_list(), key=repr)
            for model in apps.get_models()
            if getattr(model, "seen_by_partner", "") not in ("", "true") and model._meta.label != CLICKS
        }


def ids(partner: Partner) -> dict[str, list[object]]:
    """What stands in addresses of a partner's things, by kind."""
    found: dict[str, set[object]] = defaultdict(set)
    with rows_of(partner.pk):
        for model in apps.get_models():
            if getattr(model, "seen_by_partner", "") in ("", "true"):
                continue
            for row in model._default_manager.all():
                if isinstance(row.pk, int | UUID):
                    found["uuid" if isinstance(row.pk, UUID) else "int"].add(row.pk)
                if code := getattr(row, "code", ""):
                    found["slug"].add(code)
    found["string"] |= {"2026-01"}  # Months; the other words are secret.
    found["slug"] |= {"w-9", "ach"}
    return {kind: sorted(values, key=repr) for kind, values in found.items()}


def signed_in(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


@pytest.mark.parametrize("who", ["owner", "member"])
def test_nothing_of_the_others_at_any_address(who: str, worlds: tuple[Partner, Partner]) -> None:
    ada, ben = worlds
    client, bens, before = signed_in(ada_member(who)), ids(ben), rows(ben)
    with time_machine.travel(AT, tick=False):
        for address in addresses():
            for url in address.filled(bens):
                for method in METHODS:
                    answer = getattr(client, method)(url)
                    said = answer.getvalue().decode(errors="replace") + repr(answer.headers)
                    assert answer.status_code < 500, (method, url)
                    if address.name not in PUBLIC:
                        assert not [word for word in BENS if word in said], (method, url)
    assert rows(ben) == before
    assert ada.pk != ben.pk


def test_the_walk_finds_what_there_is(worlds: tuple[Partner, Partner]) -> None:
    """As Ben himself each address answers for one of his ids, or the walk above proves nothing of it."""
    _, ben = worlds
    client, bens = signed_in(bens_owner()), ids(ben)
    with time_machine.travel(AT, tick=False):
        mine = [address for address in addresses() if address.name not in SECRET]
        silent = [address.name for address in mine if not answers(client, address, bens)]
    assert silent == []


def answers(client: Client, address: Address, values: dict[str, list[object]]) -> bool:
    """Whether an address exists for one of the values: 404 is the only answer that says no."""
    return any(
        client.options(url).status_code != 404 or client.get(url).status_code != 404 for url in address.filled(values)
    )


def test_who_is_no_other_system_finds_nothing_at_its_doors(worlds: tuple[Partner, Partner]) -> None:
    """What other systems call knows them by signatures and keys of their own: somebody signed in is nobody there."""
    _, ben = worlds
    client, before = signed_in(ada_member("owner")), rows(ben)
    values: dict[str, list[object]] = {"int": [1], "slug": ["hubspot"], "string": ["1"], "uuid": [], "path": ["1"]}
    walked = doors()
    assert len(walked) >= 10
    with time_machine.travel(AT, tick=False):
        for address in walked:
            for url in address.filled(values):
                for method in METHODS:
                    answer = getattr(client, method)(url)
                    said = answer.getvalue().decode(errors="replace") + repr(answer.headers)
                    refused = answer.status_code in (400, 401, 403, 404, 405, 503)
                    assert refused or method in ("head", "options"), (method, url, answer.status_code)
                    assert not [word for word in BENS if word in said], (method, url)
    assert rows(ben) == before
