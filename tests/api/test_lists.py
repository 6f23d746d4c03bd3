"""Lists: each row once however many are alike, in an order that exists, page by page with a cursor of their own."""

import base64
from typing import Any

import pytest
from django.core.cache import cache
from pytest_django.fixtures import Settings

from affiliates.api.pages import MOST
from config.api_urls import router
from tests.api.calling import Caller, company_key, partner_key
from tests.cast import client, close_months, fay, monthly, pam, partner, program, sam
from tests.pages.everything import everything

pytestmark = pytest.mark.django_db
ALIKE = 1_060  # More than four of the largest pages.


@pytest.fixture(autouse=True)
def _counts() -> None:
    cache.clear()


def after(address: str) -> str:
    return address.partition("/api/v1/")[2]


def keys_of(page: Any, name: str = "id") -> list[Any]:
    return [row[name] for row in page["results"]]


def walk(caller: Caller, path: str, name: str) -> list[Any]:
    """The rows of a list by their pages, forth; and back again from the last, which are the same."""
    page = caller.get(path).json()
    pages = [keys_of(page, name)]
    while page["next"]:
        page = caller.get(after(page["next"])).json()
        pages.append(keys_of(page, name))
        assert len(pages) < 100, "it goes round in circles"
    back = [pages[-1]]
    while page["previous"]:
        page = caller.get(after(page["previous"])).json()
        back.insert(0, keys_of(page, name))
        assert len(back) < 100, "it goes round in circles"
    assert back == pages
    return [key for keys in pages for key in keys]


@pytest.mark.parametrize("ordering", ["closed_on", "-closed_on", "-closed_on,name"])
def test_more_rows_that_are_alike_than_a_page_has_come_once_each(ordering: str) -> None:
    program(*(client(f"c{number:04}", closed="2025-06-01", name="Same") for number in range(ALIKE)))
    found = walk(partner_key("ada"), f"clients/?ordering={ordering}&limit={MOST}&fields=client", "client")
    assert len(found) == len(set(found)) == ALIKE


def test_the_payouts_of_a_month_come_once_each_in_pages_of_one() -> None:
    program(*(part for n in range(4) for part in _earning(f"p{n}")))
    close_months("2026-01", "2026-02")
    found = walk(company_key(fay()), "payouts/?limit=1", "id")
    assert len(found) == len(set(found)) == 8


def _earning(key: str) -> tuple[Any, ...]:
    months = (monthly(f"{key}-client", month, "1000.00") for month in ("2026-01", "2026-02"))
    return (partner(key), client(f"{key}-client", key), *months)


def test_every_list_can_be_ordered_by_all_that_it_names_and_its_cursors_are_read_again() -> None:
    everything()
    callers = company_key(pam()), company_key(fay()), company_key(sam())
    resource: Any
    for prefix, resource, _ in router.registry:
        caller = next(each for each in callers if each.get(f"{prefix}/").status_code == 200)
        name = resource.lookup_url_kwarg or "id"
        every = {row[name] for row in caller.rows(f"{prefix}/?limit=250")}
        for order in resource.ordering_fields:
            for sign in ("", "-"):
                found = walk(caller, f"{prefix}/?ordering={sign}{order}&limit=2", name)
                assert (len(found), set(found)) == (len(every), every), (prefix, sign, order)


def test_the_order_is_the_one_that_was_asked_for() -> None:
    program(client("a", closed="2025-03-01", name="Beta"), client("b", closed="2025-02-01", name="Alpha"))
    ada = partner_key("ada")
    for ordering, found in (("name", "ba"), ("-name", "ab"), ("closed_on", "ba"), ("id", "ab"), ("-id,name", "ba")):
        assert "".join(keys_of(ada.get(f"clients/?ordering={ordering}").json(), "client")) == found, ordering


@pytest.mark.parametrize(
    "ordering", ["secret", "partner__name", "-", "name,", "--name", " name", "closed_on,secret", "?"]
)
def test_an_order_that_does_not_exist_is_refused(ordering: str) -> None:
    program(client("acme"))
    answer = partner_key("ada").get(f"clients/?ordering={ordering}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "ordering")


def forged(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    ["p=x", "p=1", "p=1&o=999999999", "p=1&o=-5", "p=%00", "p=" + "9" * 30, "r=1&p=2026-13-45", "\0", "[false, 1]"],
)
@pytest.mark.parametrize("path", ["clients/?", "clients/?ordering=name&", "periods/?", "events/?", "webhooks/?"])
def test_a_cursor_that_we_did_not_make_is_refused(path: str, cursor: str) -> None:
    program(client("acme"))
    for text in (forged(cursor), f"{forged(cursor)}:1abcde:{'x' * 43}", "!!", "%FF%00"):
        answer = partner_key("ada").get(f"{path}cursor={text}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_cursor_is_good_for_its_own_list_and_order_alone() -> None:
    program(*(part for n in range(3) for part in (client(f"c{n}"), monthly(f"c{n}", "2026-01", "10.00"))))
    ada = partner_key("ada")
    cursor = after(ada.get("clients/?limit=1").json()["next"]).rpartition("cursor=")[2].partition("&")[0]
    assert ada.get(f"clients/?limit=1&cursor={cursor}").status_code == 200
    for path in ("clients/?ordering=name&", "clients/?ordering=id&", "invoices/?", "leads/?"):
        assert ada.get(f"{path}limit=1&cursor={cursor}").status_code == 404, path
    broken = cursor[:-1] + ("a" if cursor[-1] != "a" else "b")
    assert ada.get(f"clients/?limit=1&cursor={broken}").status_code == 404


def test_a_cursor_leads_to_nothing_of_another_partner() -> None:
    program(*(client(f"{of}{n}", of) for n in range(3) for of in ("ada", "ben")))
    cursor = after(partner_key("ada").get("clients/?limit=1").json()["next"])
    found = partner_key("ben").get(cursor).json()["results"]
    assert {row["partner"] for row in found} <= {"ben"}


@pytest.mark.parametrize("limit", ["0000001009999", "0250", "01", "1.0", "1e2", " 5", "%2B5", "1000"])
def test_a_page_is_no_larger_than_its_largest(limit: str) -> None:
    program(client("acme"))
    assert partner_key("ada").get(f"clients/?limit={limit}").status_code == 400


@pytest.mark.parametrize("query", ["partner=ada&partner=ben", "limit=1&limit=2", "fields=id&fields=name"])
def test_a_parameter_that_stands_twice_is_refused(query: str) -> None:
    program(client("acme"))
    answer = company_key(fay()).get(f"clients/?{query}")
    assert (answer.status_code, "once" in answer.json()["errors"][0]["detail"]) == (400, True)


def test_a_change_of_what_was_changed_meanwhile_is_not_done() -> None:
    program()
    sales = company_key(sam())
    lead = {"company": "Oak", "contact": "Jo", "email": "jo@oak.example", "attested": True, "partner": "ada"}
    address = f"leads/{sales.post('leads/', lead).json()['id']}/"
    seen = sales.get(address)["ETag"]
    assert sales.post(f"{address}move/", {"stage": "qualified"}, If_Match=seen).status_code == 200
    again = sales.post(f"{address}move/", {"stage": "lost", "reason": "They chose another"}, If_Match=seen)
    assert (again.status_code, again.json()["code"]) == (412, "changed")
    assert sales.get(address).json()["stage"] == "qualified"
    now = f'"0123", W/{sales.get(address)["ETag"]}'
    assert sales.post(f"{address}move/", {"stage": "demo_scheduled"}, If_Match=now).status_code == 200
    assert sales.post(f"{address}move/", {"stage": "demo_done"}, If_Match="*").status_code == 200


def test_a_partner_removes_an_endpoint_only_as_it_saw_it(settings: Settings) -> None:
    settings.WEBHOOKS_TO_LOOPBACK = True
    program()
    ada = partner_key("ada")
    address = f"webhooks/{ada.post('webhooks/', {'url': 'http://127.0.0.1:9/'}).json()['endpoint']['id']}/"
    seen = ada.get(address)["ETag"]
    ada.post(f"{address}switch/", {"is_on": False})
    assert ada.ask("DELETE", address, If_Match=seen).status_code == 412
    assert ada.get(address).status_code == 200
    assert ada.ask("DELETE", address, If_Match=ada.get(address)["ETag"]).status_code == 204


def test_asking_for_the_head_alone_gives_the_same_tag() -> None:
    program(client("acme"))
    ada = partner_key("ada")
    for path in ("clients/acme/", "clients/acme/?fields=name"):
        got = ada.get(path)
        head = ada.ask("HEAD", path)
        assert (head["ETag"], head.content) == (got["ETag"], b"")
        assert ada.ask("HEAD", path, If_None_Match=got["ETag"]).status_code == 304
