"""PartnerStack's rows come in: everything kept as it came, what fits taken over, the rest listed."""

import json
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command

from affiliates.models import Invitation, Partner
from clients.models import Client, Invoice, InvoiceLine, Payment, Reversal
from integrations.partnerstack.models import Counterpart, Import, RawRow, Unplaced
from notices.models import Event, Notice
from referrals.models import Conflict, Lead
from tests.cast import AT, all_rows, client, day, invoice, line, partner, payment, record
from tests.integrations.partnerstack.standin import (
    PartnerStack,
    customer,
    deal,
    lead,
    ms,
    partnership,
    reward,
    row,
    save,
    transaction,
)

pytestmark = pytest.mark.django_db
Row = dict[str, Any]


def imported(*arguments: str) -> str:
    said = StringIO()
    with time_machine.travel("2025-06-15T12:00:00Z", tick=False):
        call_command("import_partnerstack", *arguments, stdout=said)
    return said.getvalue()


def a_program(there: PartnerStack) -> None:
    """A bit of everything."""
    there.rows.update(
        groups=[row("grup_1", "2025-01-01", name="Gold", default=True)],
        partnerships=[partnership("ben"), partnership("ada")],
        customers=[customer("birch", "ben"), customer("acme")],
        leads=[lead("cedar", "2025-05-20")],
        deals=[deal("elm", "2025-04-10", "Demo scheduled", updated_at=ms("2025-05-10"))],
        transactions=[transaction("2", "2025-04-05", 20_050, of="birch"), transaction("1", "2025-03-05", 100_000)],
        rewards=[reward("2", "2025-04-06", 4_010, "2", "ben", "scheduled"), reward("1", "2025-03-06", 20_000, "1")],
    )


def listed(kind: str) -> dict[str, str]:
    return dict(Unplaced.objects.filter(kind=kind).values_list("key", "why"))


def test_each_kind_becomes_what_it_is_here(there: PartnerStack) -> None:
    a_program(there)
    said = imported()
    assert list(Partner.objects.order_by("reference").values_list("reference", "name", "email", "joined_on")) == [
        ("ada", "Ada Referrals", "ada@partners.example", day("2025-01-01")),
        ("ben", "Ben Referrals", "ben@partners.example", day("2025-01-01")),
    ]
    acme = Client.objects.get(reference="acme")
    assert (acme.partner.reference, acme.name, acme.domain, acme.closed_on) == (
        "ada", "Acme", "acme.example", day("2025-02-01"),
    )  # fmt: skip
    paid = Payment.objects.select_related("invoice").get(reference="tran_1")
    assert (paid.amount, paid.received_on) == (Decimal("1000.00"), day("2025-03-05"))
    assert (paid.invoice.reference, paid.invoice.issued_on) == ("tran_1", day("2025-03-05"))
    only = InvoiceLine.objects.get(invoice=paid.invoice)
    assert (only.category, only.amount, only.service_months) == ("subscription", Decimal("1000.00"), 1)
    elm = Lead.objects.get(company="Elm")
    assert (elm.stage, elm.registered_on, elm.email, elm.contact) == (
        "demo_scheduled", day("2025-04-10"), "jo@elm.example", "Jo Elm",
    )  # fmt: skip
    assert [(step.stage, step.at.date()) for step in elm.steps.all()] == [
        ("submitted", day("2025-04-10")), ("demo_scheduled", day("2025-05-10")),
    ]  # fmt: skip
    assert elm.protected_until == day("2025-08-08")  # 90 days from 10 May.
    assert "transactions: 2 read, 2 new, 2 taken over" in said
    assert "Paid there 200.00, this Agreement gives 240.10, difference −40.10" in said
    assert "groups: 1 read, 1 new, 0 taken over, 1 listed" in said


def test_nobody_is_told_of_history(there: PartnerStack) -> None:
    a_program(there)
    imported()
    told = (Notice.objects.count(), Event.objects.count(), Conflict.objects.count(), Invitation.objects.count())
    assert told == (0, 0, 0, 0)


def test_again_changes_nothing(there: PartnerStack) -> None:
    a_program(there)
    imported()
    before = all_rows()
    said = imported()
    after = all_rows()
    own = {"partnerstack_import", "partnerstack_reading", "partnerstack_difference", "partnerstack_unplaced"}
    own |= {"accounts_auditentry", "django_session"}
    assert {name for name in after if after[name] != before[name]} <= own
    assert "transactions: 2 read, 0 new, 2 taken over" in said


def test_a_row_that_changed_there_is_another_version_and_its_money_stays(there: PartnerStack) -> None:
    a_program(there)
    imported()
    there.rows["transactions"][1]["amount"] = 90_000
    imported()
    there.rows["transactions"][1]["amount"] = 100_000
    imported()
    versions = RawRow.objects.filter(key="tran_1").order_by("version").values_list("body", flat=True)
    assert [json.loads(body)["amount"] for body in versions] == [100_000, 90_000, 100_000]
    assert Invoice.objects.get(reference="tran_1").total == Decimal("1000.00")


def test_money_that_changed_there_is_listed(there: PartnerStack) -> None:
    a_program(there)
    imported()
    there.rows["transactions"][1]["amount"] = 90_000
    imported()
    assert "It was recorded with 1,000.00 of 2025-03-05, and changed there" in listed("transactions")["tran_1"]


def test_tests_are_kept_skipped_and_counted(there: PartnerStack) -> None:
    a_program(there)
    there.rows["customers"].append(customer("trial", test=True))
    there.rows["transactions"].append(transaction("9", "2025-03-05", 500, test=True))
    said = imported()
    assert "customers: 3 read, 3 new, 2 taken over, 1 of tests skipped" in said
    assert RawRow.objects.filter(is_test=True).count() == 2
    assert not Client.objects.filter(reference="trial").exists()
    assert not Invoice.objects.filter(reference="tran_9").exists()


def test_names_and_products_come_as_text_or_as_objects(there: PartnerStack) -> None:
    a_program(there)
    there.rows["transactions"] = [
        transaction("1", "2025-03-05", 100, product="Gold"),
        transaction("2", "2025-03-06", 200, product={"name": "Silver", "key": "prod_1"}),
        transaction("3", "2025-03-07", 300, product={"key": "prod_2"}),
        transaction("4", "2025-03-08", 400, product=None),
        transaction("5", "2025-03-09", 500, product="Gold", metadata={"category": "tax"}),
    ]
    there.rows["deals"] = [
        deal("oak", "2025-04-01", account_name="Oak"),
        deal("ash", "2025-04-01", account_name={"name": "Ash"}),
    ]
    imported()
    words = InvoiceLine.objects.order_by("invoice__reference").values_list("category", flat=True)
    assert list(words) == ["Gold", "Silver", "prod_2", "PartnerStack without product", "tax"]
    assert set(Lead.objects.values_list("company", flat=True)) == {"Oak", "Ash", "Cedar"}


def test_a_refund_is_of_the_payment_that_it_fits(there: PartnerStack) -> None:
    a_program(there)
    there.rows["transactions"] = [
        transaction("5", "2025-06-02", -90_000),
        transaction("4", "2025-06-01", -100_000),
        transaction("3", "2025-05-05", 50_000),
        transaction("2", "2025-04-05", 120_000),
        transaction("1", "2025-03-05", 100_000),
    ]
    imported()
    of = dict(Reversal.objects.values_list("reference", "payment__reference"))
    assert of == {"tran_4": "tran_1", "tran_5": "tran_2"}  # The same amount; then the newest with so much left.
    there.rows["transactions"].insert(0, transaction("6", "2025-06-03", -90_000))
    imported()
    assert "No earlier payment of Acme for “subscription” has 900.00 left" in listed("transactions")["tran_6"]
    assert Reversal.objects.count() == 2


WRONG: list[tuple[str, Row]] = [
    ("Its money is in EUR, the program’s in USD", {"currency": "EUR"}),
    ("It is not approved there", {"approved": False}),
    ("Its amount is no whole number of cents", {"amount": 10.5}),
    ("Its amount is no whole number of cents", {"amount": "1000"}),
    ("Its amount is no whole number of cents", {"amount": True}),
    ("or has more than ten digits before the point", {"amount": 10**30}),
    ("It is of 0.00, which is no money", {"amount": 0}),
    ("It does not say when it was made", {"created_at": None}),
    ("It does not say when it was made", {"created_at": 10**40}),
    ("It does not say when it was made", {"created_at": "2025-03-05"}),
    (
        "Its customer there (cus_gone, gone) is no client here",
        {"customer": {"key": "cus_gone", "customer_key": "gone"}},
    ),
    ("Its key is no key here", {"key": "tran 1/’;--"}),
    ("Its key is no key here", {"key": "k" * 100}),
]


@pytest.mark.parametrize(("why", "change"), WRONG)
def test_a_transaction_that_does_not_fit_is_kept_and_listed(there: PartnerStack, why: str, change: Row) -> None:
    a_program(there)
    there.rows["transactions"] = [transaction("1", "2025-03-05", 100_000) | {"customer_key": None} | change]
    imported()
    assert why in next(iter(listed("transactions").values()))
    assert RawRow.objects.filter(kind="transactions").count() == 1
    assert not Invoice.objects.exists()


def test_partnerships_and_customers_that_do_not_fit_are_listed(there: PartnerStack) -> None:
    there.rows["partnerships"] = [
        partnership("ada"),
        partnership("no", approved_status="declined"),
        partnership("nomail", email=None),
        partnership("noday", joined_at=None, created_at=None),
        partnership("\ud800odd", partner_key="\ud800", team={"name": "\x00 <script>"}),
    ]
    there.rows["customers"] = [customer("acme", "nobody"), customer("oak", day="2025-01-01", created_at=-1)]
    imported()
    assert "Its status there is “declined”" in listed("partnerships")["part_no"]
    assert "no e-mail address" in listed("partnerships")["part_nomail"]
    assert "does not say when it joined" in listed("partnerships")["part_noday"]
    assert listed("customers") == {
        "cus_acme": "Its partner there (part_nobody, nobody) is none of ours",
        "cus_oak": "It does not say when it was made",
    }
    assert RawRow.objects.filter(kind="partnerships").count() == 5


def test_what_is_known_here_is_met_and_stays_as_it_is(there: PartnerStack) -> None:
    a_program(there)
    record(partner("ada", joined="2024-05-05"), client("acme", name="Acme Corporation", closed="2024-06-06"), at=AT)
    imported()
    acme = Client.objects.get(reference="acme")
    assert (acme.name, acme.closed_on, acme.partner.joined_on) == (
        "Acme Corporation",
        day("2024-06-06"),
        day("2024-05-05"),
    )
    assert Counterpart.objects.get(kind="customers", key="cus_acme").client == acme


def test_another_customer_of_the_same_company_is_another_client(there: PartnerStack) -> None:
    a_program(there)
    imported()
    there.rows["customers"].insert(0, customer("acme2", email="jo@acme.example"))
    there.rows["partnerships"].insert(0, partnership("ada2", email="ada@partners.example"))
    imported()
    assert Client.objects.filter(domain="acme.example").count() == 2
    assert Partner.objects.filter(email="ada@partners.example").count() == 2


def test_facts_that_are_refused_end_it_with_the_reason(there: PartnerStack) -> None:
    a_program(there)
    record(partner("ada"), client("acme"), invoice("i", "acme", "2025-01-01", line("5.00", "tax")), at=AT)
    record(payment("tran_1", "i", "5.00", "2025-01-02"), at=AT)
    with pytest.raises(CommandError, match="Nothing was recorded: 1 problem"):
        imported()
    assert not Counterpart.objects.exists()
    assert RawRow.objects.filter(kind="transactions").count() == 2


def test_the_same_money_from_billing_is_not_recorded_twice(there: PartnerStack) -> None:
    a_program(there)
    mine = invoice("in-1", "acme", "2025-03-04", line("1000.00", since="2025-03"))
    record(partner("ada"), client("acme"), mine, payment("in-1-p", "in-1", "1000.00", "2025-03-05"), at=AT)
    imported()
    assert "Invoice in-1 of the same client and amount is recorded from elsewhere" in listed("transactions")["tran_1"]
    assert not Invoice.objects.filter(reference="tran_1").exists()


def test_a_customer_of_another_partner_here_is_listed(there: PartnerStack) -> None:
    a_program(there)
    record(partner("ada"), partner("ben"), client("acme", of="ben"), at=AT)
    imported()
    assert "acme is a client of Ben Partners here" in listed("customers")["cus_acme"]


def test_leads_of_a_company_that_another_partner_has_are_listed(there: PartnerStack) -> None:
    a_program(there)
    there.rows["deals"] = [deal("elm", "2025-05-10"), deal("elm", "2025-05-11", partner="ben", key="deal_2")]
    there.rows["leads"] = [lead("elm", "2025-05-02"), lead("void", "2025-05-02", fields=[])]
    imported()
    assert "Ada Referrals has a claim to Elm" in listed("deals")["deal_2"]
    assert listed("leads") == {"lead_void": "It names no company"}
    assert Counterpart.objects.get(key="lead_elm").lead == Counterpart.objects.get(key="deal_elm").lead


def test_saved_pages_do_as_well(tmp_path: Path, there: PartnerStack) -> None:
    a_program(there)
    folder = save(tmp_path, there.rows)
    said = imported("--from", str(folder))
    assert "transactions: 2 read, 2 new, 2 taken over" in said
    assert there.calls == []
    assert Import.objects.get().source == f"files of {folder.name}"


def test_a_dry_run_keeps_nothing(there: PartnerStack) -> None:
    a_program(there)
    before = all_rows()
    said = imported("--dry-run")
    assert "transactions: 2 read, 2 new, 2 taken over" in said
    assert said.endswith("Dry run: nothing was kept.\n")
    assert all_rows() == before


def test_wrong_usage_is_told_apart(settings: Any, tmp_path: Path) -> None:
    settings.PARTNERSTACK_KEY = ""
    for arguments in ([], ["--from", str(tmp_path / "none")]):
        with pytest.raises(CommandError) as error:
            imported(*arguments)
        assert error.value.returncode == 2
    with pytest.raises(CommandError, match=r"has no \.json files") as error:
        imported("--from", str(tmp_path))
    assert error.value.returncode == 1
