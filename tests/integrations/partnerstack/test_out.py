"""PartnerStack's readers go on unchanged: our program in its addresses, envelope, keys, times and cents."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Scope
from affiliates.models import Partner
from clients.models import Client, InvoiceLine, Payment, Reversal, ReversalKind
from commissions.services.give_plan import give_plan, make_plan
from integrations.partnerstack.formats import Kind
from integrations.partnerstack.models import Unplaced
from referrals.models import Lead
from referrals.models.lead import Channel
from referrals.services.correct_lead import correct_lead
from referrals.services.register_lead import register_lead
from tests.api.calling import company_key, partner_key
from tests.cast import (
    AT,
    chargeback,
    client,
    close,
    fay,
    monthly,
    owner_of,
    pam,
    partner,
    program,
    record,
    run,
    sam,
    the_partner,
    won_back,
)
from tests.integrations.partnerstack import standin
from tests.integrations.partnerstack.reader import BY_CREATION, INCREMENTAL, Reader
from tests.integrations.partnerstack.standin import PartnerStack, customer, deal, partnership, reward
from tests.leads.telling import win

pytestmark = pytest.mark.django_db
STREAMS = INCREMENTAL + BY_CREATION


@pytest.fixture(autouse=True)
def at() -> Iterator[None]:
    with time_machine.travel(AT, tick=False):
        yield


def reader(**given: Any) -> Reader:
    return Reader(company_key(None, Scope.READ).secret, **given)


def ms(text: str) -> int:
    """The first moment of a day in Los Angeles, in winter."""
    return int(datetime.fromisoformat(f"{text}T08:00:00").replace(tzinfo=UTC).timestamp() * 1000)


def a_month() -> None:
    """January of two clients of Ada, closed; a chargeback won back in February; leads at several stages."""
    program(client("acme", closed="2025-06-01"), client("oak", closed="2025-07-01"))
    record(monthly("acme", "2026-01", "1000.00"), monthly("oak", "2026-01", "200.00"))
    close("2026-01", by=fay())
    record(chargeback("oak-2026-01-paid", "50.00", "2026-02-02"), won_back("oak-2026-01-paid", "20.00", "2026-02-03"))
    for number, name in enumerate(("elm", "fir", "ash")):
        told: dict[str, Any] = {
            "company": name.title(),
            "contact": "Jo Elm",
            "email": f"jo@{name}.example",
            "is_attested": True,
        }
        lead = register_lead(partner=the_partner("ada"), by=owner_of("ada"), at=AT, **told)
        if not number:
            win(lead, reference="elm")


def test_an_unchanged_reader_reads_every_stream(there: PartnerStack) -> None:
    a_month()
    rows = {stream: reader().read(stream, since=0) for stream in STREAMS}
    assert {stream: len(found) for stream, found in rows.items()} == {
        "customers": 3, "deals": 1, "groups": 1, "leads": 3, "partnerships": 2, "rewards": 2, "transactions": 4,
    }  # fmt: skip
    for found in rows.values():
        for row in found:
            assert isinstance(row["key"], str)
            assert type(row["created_at"]) is type(row["updated_at"]) is int
        created = [row["created_at"] for row in found]
        assert created == sorted(created, reverse=True)


def test_rows_say_what_partnerstacks_say(there: PartnerStack) -> None:
    a_month()
    acme = next(row for row in reader().read("customers") if row["customer_key"] == "acme")
    assert acme["key"].startswith("cust_")
    assert (acme["name"], acme["partner_key"], acme["created_at"]) == ("Acme Inc.", "ada", ms("2025-06-01") - 3_600_000)
    paid = next(row for row in reader().read("transactions") if row["customer_key"] == "acme")
    assert (paid["amount"], paid["currency"], paid["created_at"]) == (100_000, "USD", ms("2026-01-10"))
    assert (paid["customer"]["key"], paid["product_key"]) == (acme["key"], {"name": "subscription"})
    amounts = [row["amount"] for row in reader().read("transactions")]
    assert amounts == [2_000, -5_000, 20_000, 100_000] or amounts == [2_000, -5_000, 100_000, 20_000]
    earned = next(row for row in reader().read("rewards") if row["customer"]["customer_key"] == "acme")
    assert (earned["amount"], earned["reward_status"], earned["created_at"]) == (20_000, "approved", ms("2026-01-31"))
    elm = next(row for row in reader().read("deals"))
    assert (elm["account_name"], elm["stage"], elm["contact_first_name"]) == ({"name": "Elm"}, "won", "Jo")
    [plan] = reader().read("groups")
    assert plan["default"] is True


def test_what_waits_comes_when_scheduled_rewards_are_asked_for(there: PartnerStack) -> None:
    program(client("acme"), client("new", closed="2026-01-20"), monthly("acme", "2026-01", "1000.00"))
    record(monthly("new", "2026-01", "100.00"))
    run("2026-01")
    assert reader().read("rewards") == []
    coming = {row["customer"]["customer_key"]: row for row in reader().read("rewards", status="scheduled")}
    assert {key: (row["amount"], row["reward_status"]) for key, row in coming.items()} == {
        "acme": (20_000, "scheduled"), "new": (2_000, "scheduled"),
    }  # fmt: skip
    close("2026-01", by=fay())
    assert [row["amount"] for row in reader().read("rewards")] == [20_000]
    assert [row["amount"] for row in reader().read("rewards", status="scheduled")] == [2_000]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 250])
def test_no_page_size_skips_or_doubles_a_row_of_the_same_day(there: PartnerStack, size: int) -> None:
    names = [f"c{number}" for number in range(6)]
    program(*(client(name) for name in names), *(monthly(name, "2026-01", "100.00") for name in names))
    record(*(chargeback(f"{name}-2026-01-paid", "10.00", "2026-01-10") for name in names[:3]))
    close("2026-01", by=fay())
    for name in names:
        told: dict[str, Any] = {"company": name, "contact": "Jo", "email": f"jo@{name}.example", "is_attested": True}
        register_lead(partner=the_partner("ada"), by=None, at=AT, **told)
    whole, paged = reader(), reader(page_size=size)
    for stream in STREAMS:
        expected = [row["key"] for row in whole.read(stream)]
        assert [row["key"] for row in paged.read(stream)] == expected
        assert len(expected) == len(set(expected))
    assert len(whole.read("transactions")) == 9


def test_has_more_is_always_said_and_false_on_the_last_page(there: PartnerStack) -> None:
    program(client("a"), client("b"))
    asking = reader()
    for limit, has_more in ((1, True), (2, False), (3, False)):
        assert asking.ask("customers", limit=limit).json()["data"]["has_more"] is has_more
    for stream in STREAMS:
        answer = asking.ask(stream).json()
        assert answer["data"]["has_more"] is False
        assert (set(answer), answer["status"]) == ({"data", "message", "status"}, "200")


def test_what_changed_at_a_moment_or_later_is_read_again(there: PartnerStack) -> None:
    program(client("a"), client("b"))
    [last] = {row["updated_at"] for row in reader().read("customers")}
    later = AT + timedelta(days=1)
    record(client("b", canceled="2026-02-20"), at=later)
    assert len(reader().read("customers", since=last)) == 2  # Inclusive.
    assert [row["customer_key"] for row in reader().read("customers", since=last + 1)] == ["b"]
    assert reader().read("customers", since=int(later.timestamp() * 1000) + 1) == []


def test_a_new_name_or_address_is_a_change_that_incremental_readers_see(there: PartnerStack) -> None:
    """Also where no date that money depends on changed, and where the change itself came later than another."""
    program(partner("ada"), partner("ben"), client("a"), client("b"))
    moments = {kind: max(row["updated_at"] for row in reader().read(kind)) for kind in ("partnerships", "customers")}
    later = AT + timedelta(days=1)
    ((kind, told),) = partner("ben")
    ben_moved = ((kind, told | {"email": "ben@new.example"}),)
    record(ben_moved, client("b", name="Birch & Sons"), at=later)
    [ben] = reader().read("partnerships", since=moments["partnerships"] + 1)
    [birch] = reader().read("customers", since=moments["customers"] + 1)
    assert (ben["partner_key"], ben["email"]) == ("ben", "ben@new.example")
    assert (birch["customer_key"], birch["name"]) == ("b", "Birch & Sons")
    assert ben["updated_at"] == birch["updated_at"] == int(later.timestamp() * 1000)
    record(ben_moved, at=later + timedelta(days=1))  # The same again is no change.
    assert reader().read("partnerships", since=ben["updated_at"] + 1) == []


def test_another_plan_is_a_change_of_the_partnership_from_its_month_on(there: PartnerStack) -> None:
    program(partner("ada"), partner("ben"))
    seen = max(row["updated_at"] for row in reader().read("partnerships"))
    flat = make_plan(name="Flat", tiers=[(Decimal(0), Decimal("0.10"))], by=pam(), at=AT)
    next_month = (AT.date().replace(day=1) + timedelta(days=32)).replace(day=1)
    given = AT + timedelta(hours=1)
    give_plan(partner=the_partner("ada"), plan=flat, first_month=next_month, reason="Agreed", by=pam(), at=given)
    assert reader().read("partnerships", since=seen + 1) == []
    with time_machine.travel(f"{next_month}T12:00:00Z", tick=False):
        [ada] = reader().read("partnerships", since=seen + 1)
    assert (ada["partner_key"], ada["group"]["name"]) == ("ada", "Flat")
    assert ada["updated_at"] > given.timestamp() * 1000


def test_a_corrected_lead_is_a_change_that_incremental_readers_see(there: PartnerStack) -> None:
    program()
    told: dict[str, Any] = {"company": "Elm", "contact": "Jo", "email": "jo@elm.example", "is_attested": True}
    lead = register_lead(partner=the_partner("ada"), by=None, at=AT, channel=Channel.INTRODUCTION, **told)
    later = AT + timedelta(hours=1)
    correct_lead(lead=lead, company="Elm & Co", contact="Jo", email="jo@elm.example", domain="", by=sam(), at=later)
    [elm] = reader().read("leads", since=int(later.timestamp() * 1000))
    assert elm["field_data"]["company_name"] == "Elm & Co"


def test_money_and_rewards_are_read_from_a_moment_on(there: PartnerStack) -> None:
    a_month()
    assert len(reader().read("transactions", since=ms("2026-01-10"))) == 4  # Inclusive.
    assert len(reader().read("transactions", since=ms("2026-01-10") + 1)) == 2
    assert len(reader().read("rewards", since=ms("2026-01-31"))) == 2
    assert reader().read("rewards", since=ms("2026-01-31") + 1) == []


def test_each_row_is_found_by_its_key(there: PartnerStack) -> None:
    a_month()
    asking = reader()
    for stream in STREAMS:
        for row in asking.read(stream):
            answer = asking.ask(f"{stream}/{row['key']}")
            assert answer.json()["data"] == row
        for nonsense in ("none", "cust_t999999", "rwrd_999999_1_1_202601_p", "tran_p999999", "%00", "’"):
            answer = asking.ask(f"{stream}/{nonsense}")
            assert answer.status_code == 404
            assert answer.json() == {"message": f"There is no such key among the {stream}.", "status": "404"}


def test_what_came_from_partnerstack_keeps_its_key(there: PartnerStack) -> None:
    there.rows.update(
        partnerships=[partnership()],
        customers=[customer()],
        deals=[deal("elm", "2025-04-10")],
        transactions=[
            standin.transaction("2", "2025-04-02", -40_000),
            standin.transaction("1", "2025-03-05", 100_000),
        ],
        rewards=[reward("1", "2025-03-06", 20_000, "1")],
    )
    call_command("import_partnerstack", stdout=StringIO())
    found = {stream: [row["key"] for row in reader().read(stream)] for stream in STREAMS}
    assert found["partnerships"] == ["part_ada"]
    assert found["customers"] == ["cus_acme"]
    assert found["deals"] == ["deal_elm"]
    assert found["transactions"] == ["tran_2", "tran_1"]
    assert reader().ask("customers/cus_acme").json()["data"]["partnership_key"] == "part_ada"
    assert [row["key"] for row in reader(page_size=1).read("transactions")] == ["tran_2", "tran_1"]


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("customers", {"limit": 0}, "Give a number from 1 to 250."),
    ("customers", {"limit": 251}, "Give a number from 1 to 250."),
    ("customers", {"limit": "9" * 40}, "Give a number from 1 to 250."),
    ("customers", {"limit": "ten"}, "Give a number from 1 to 250."),
    ("customers", {"starting_after": "cus_none"}, "There is no such key among the customers."),
    ("rewards", {"starting_after": "rwrd_202613_1_1_202601_p"}, "There is no such key among the rewards."),
    ("groups", {"starting_after": "grup_t99"}, "There is no such key among the groups."),
    ("customers", {"min_updated": "yesterday"}, "Give a time in epoch milliseconds, like 1735689600000."),
    ("transactions", {"min_created": "9" * 18}, "Give a time in epoch milliseconds, like 1735689600000."),
    ("customers", {"ending_before": "x"}, "Read on with starting_after; this way back is not there."),
]


@pytest.mark.parametrize(("stream", "asked", "message"), BAD)
def test_what_cannot_be_asked_is_refused_in_the_envelope(stream: str, asked: dict[str, Any], message: str) -> None:
    answer = reader().ask(stream, **asked)
    assert (answer.status_code, answer.json()) == (400, {"message": message, "status": "400"})
    assert answer["Content-Type"] == "application/json"


def test_it_is_read_only() -> None:
    asking = reader()
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for path in ("customers", "customers/cus_1"):
            answer = asking.ask(path, method)
            assert (answer.status_code, answer.json()["status"]) == (405, "405")


def test_a_partners_key_and_a_key_without_reading_are_refused(there: PartnerStack) -> None:
    a_month()
    for secret in (
        partner_key("ada").secret,
        company_key(None, Scope.FACTS).secret,
        company_key(sam(), Scope.READ).secret,
    ):
        for stream in (*STREAMS, "customers/cust_t1"):
            answer = Reader(secret).ask(stream)
            assert (answer.status_code, answer.json()["status"]) == (403, "403")
            assert set(answer.json()) == {"message", "status"}


def test_keys_are_taken_as_either_half_and_as_bearer() -> None:
    asking = reader()
    secret = base64.b64decode(asking.authorization.removeprefix("Basic ")).decode().partition(":")[2]
    for told in (f"Bearer {secret}", "Basic " + base64.b64encode(f"{secret}:".encode()).decode()):
        asking.authorization = told
        assert asking.ask("customers").status_code == 200
    for told in (
        "",
        "Basic",
        "Basic ’",
        "Basic !!!",
        "Basic " + base64.b64encode(b"a:b").decode(),
        "Bearer x",
        "Digest y",
    ):
        asking.authorization = told
        answer = asking.ask("customers")
        assert (answer.status_code, answer.json()["status"]) == (401, "401")
        assert answer["WWW-Authenticate"] == 'Basic realm="api"'


def test_unknown_addresses_and_parameters() -> None:
    asking = reader()
    assert asking.ask("payouts").status_code == 404
    assert asking.ask("customers", order_by="-created_at", include_archived="true").status_code == 200


def test_a_page_takes_the_same_queries_however_many_rows_it_has(there: PartnerStack) -> None:
    names = [f"c{number}" for number in range(12)]
    a_month()
    record(*(client(name) for name in names), *(monthly(name, "2025-12", "100.00") for name in names))
    record(*(partner(f"p{number}") for number in range(12)))
    for name in names:
        told: dict[str, Any] = {"company": name, "contact": "Jo", "email": f"jo@{name}.example", "is_attested": True}
        register_lead(partner=the_partner("ada"), by=None, at=AT, **told)
    asking = reader()
    asking.ask("groups")  # That the key was used is noted once a minute.
    for stream in STREAMS:
        asked = []
        for limit in (5, 250):
            with CaptureQueriesContext(connection) as queries:
                asking.ask(stream, limit=limit)
            asked.append(len(queries))
        assert asked[0] == asked[1], stream


def test_calls_are_counted_and_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("affiliates.api.door.MOST_A_MINUTE", 2)
    asking = reader()
    codes = [asking.ask("groups").status_code for _ in range(3)]
    assert codes == [200, 200, 429]
    answer = asking.ask("groups")
    assert int(answer["Retry-After"]) > 0
    assert answer.json()["status"] == "429"


def test_what_goes_out_comes_in_by_our_own_import(there: PartnerStack) -> None:
    """Read from one program into a fresh one: the same partners, clients, leads and money."""
    with transaction.atomic():
        a_month()
        for kind in Kind:
            there.rows[kind.value] = reader().read(kind.value)
        # What was won back is money again, which PartnerStack has no other word for.
        money = there.rows["transactions"]
        there.rows["transactions"] = [row for row in money if row["category_key"] != "chargeback_won"]
        there.rows["rewards"] += reader().read("rewards", status="scheduled")
        before = the_program()
        transaction.set_rollback(True)
    assert the_program() == ([], [], [], [], [])
    call_command("import_partnerstack", stdout=StringIO())
    assert the_program() == before
    assert dict(Unplaced.objects.exclude(kind=Kind.GROUPS).values_list("key", "why")) == {}


def the_program() -> tuple[list[Any], ...]:
    """What a program is made of, in what PartnerStack knows of it; chargebacks are refunds there."""
    money = InvoiceLine.objects.order_by("invoice__issued_on", "amount").values_list("category", "amount")
    paid = Payment.objects.order_by("received_on", "amount").values_list("amount", "received_on")
    back = Reversal.objects.exclude(kind=ReversalKind.CHARGEBACK_WON).order_by("amount")
    return (
        list(Partner.objects.order_by("reference").values_list("reference", "name", "email", "joined_on")),
        list(Client.objects.order_by("reference").values_list("reference", "partner__reference", "name", "closed_on")),
        list(Lead.objects.order_by("company").values_list("company", "contact", "email", "stage", "registered_on")),
        [*money, *paid],
        list(back.values_list("amount", "occurred_on")),
    )
