"""The overview: what a partner earned, what comes next, and what needs them now."""

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from affiliates.models import AgreementVersion
from affiliates.services.accept_agreement import publish_version
from affiliates.services.open_violation import open_violation
from commissions.services.give_plan import give_plan, make_plan
from payouts.models import Payout
from referrals.services.register_lead import register_lead
from tests.cast import (
    AT,
    Facts,
    client,
    close,
    close_months,
    day,
    fay,
    monthly,
    owner_of,
    pam,
    program,
    record,
    run,
    the_partner,
)  # fmt: skip
from tests.payouts.finance import accept, opened_payout, ready_payout

pytestmark = pytest.mark.django_db


def shown(key: str = "ada") -> str:
    """The overview of a partner's owner, as text on one line."""
    return text(signed_in(owner_of(key)).get("/").content.decode())


def signed_in(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def text(page: str) -> str:
    body = page[page.index("<main") : page.index("</main>")]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).replace("\N{NO-BREAK SPACE}", " ").split())


def test_the_open_month_is_shown_with_what_waits() -> None:
    program(
        client("acme"),
        client("bolt", closed="2026-02-20"),
        *(monthly("acme", month, "1000.00") for month in ("2026-01", "2026-02")),
        monthly("bolt", "2026-02", "500.00", paid="2026-02-25"),
    )
    close("2026-01")
    assert "Earned in January 2026 200.00 USD The month is closed" in shown()
    run("2026-02")
    now = shown()
    assert "Earned in February 2026 200.00 USD Not final, the month is open" in now  # 20 % of 1,000
    assert "Waiting 100.00 USD" in now  # 20 % of 500
    assert "MRR 1,500.00 USD 20 % on all of it" in now


def test_a_run_that_builds_on_an_earlier_month_is_not_shown() -> None:
    program(client("acme"), *(monthly("acme", month, "1000.00") for month in ("2026-01", "2026-02", "2026-03")))
    close("2026-01")
    run("2026-03")
    close("2026-02")
    assert "Earned in February 2026" in shown()


def test_the_way_to_the_next_rate_comes_with_its_arithmetic() -> None:
    program(client("acme"), monthly("acme", "2026-01", "3765.90"))
    close("2026-01")
    now = shown()
    assert "1,234.10 more MRR lifts the rate from 20 % to 30 %" in now
    assert "3,765.90 of 5,000.00" in now
    assert "30 % instead of 20 % of 5,000.00 is 500.00 more a month: 500.00 × 12 = 6,000.00 a year" in now
    # 1,500.00 − 753.18 = 746.82, and twelve of them.
    assert "1,500.00 − 753.18 = 746.82 a month, 8,961.84 a year" in now


def test_the_highest_rate_has_nowhere_to_climb() -> None:
    program(client("acme"), monthly("acme", "2026-01", "5000.00"))
    close("2026-01")
    assert "30 % of all of your MRR, the highest rate MRR 5,000.00 Over the threshold 0.00" in shown()


def test_the_partners_own_plan_says_the_next_rate() -> None:
    program(client("acme"), monthly("acme", "2026-01", "500.00"))
    tiers = [(Decimal(0), Decimal("0.25")), (Decimal(800), Decimal("0.4"))]
    plan = make_plan(name="Early", tiers=tiers, by=pam(), at=AT)
    give_plan(partner=the_partner("ada"), plan=plan, first_month=day("2026-01-01"), reason="", by=pam(), at=AT)
    close("2026-01")
    assert "300.00 more MRR lifts the rate from 25 % to 40 %" in shown()


def test_twelve_months_are_drawn_and_said() -> None:
    months = [f"2025-{number:02}" for number in range(6, 13)] + [f"2026-{number:02}" for number in range(1, 7)]
    program(client("acme", closed="2025-01-01"), *(monthly("acme", month, "1000.00") for month in months))
    close_months("2025-06", "2026-06")
    page = signed_in(owner_of("ada")).get("/").content.decode()
    assert page.count('<rect class="bar') == 12
    assert "Jun 200.00" in page


def test_what_needs_the_partner_and_where() -> None:
    payout = opened_payout()
    publish_version(number="1", title="Terms", text="…", by=None, at=AT - timedelta(days=9))
    open_violation(partner=payout.partner, clause="6", evidence="…", notice_on=AT.date(), by=pam(), at=AT)
    page = signed_in(owner_of("ada")).get("/").content.decode()
    for words in (
        "Accept the Agreement",
        "Cure what the company noted",
        "File your tax form",
        "Say where your money goes, and confirm it",
        "Present the report and the invoice of March 2026",
    ):
        assert words in page
    for url in ("/agreement/", "/settings/tax/", "/settings/payout/", f"/payouts/{payout.pk}/"):
        assert f'href="{url}"' in page
    assert "Next payout 200.00 USD March 2026: waiting" in text(page)
    assert "It waits for: Agreement accepted: Version 1 is not accepted" in text(page)


def test_a_payout_with_open_gates_needs_nothing() -> None:
    ready_payout()
    now = shown()
    assert "What needs you now Nothing." in now
    assert "Nothing keeps it any more" in now


def test_a_new_version_of_the_agreement_asks_again() -> None:
    ready_payout()
    publish_version(number="2", title="Terms", text="…", by=None, at=AT)
    assert AgreementVersion.objects.count() == 2
    assert "Accept the Agreement Term; clause 10 : still open Version 2 is not accepted" in shown()


def test_leads_are_counted_by_stage() -> None:
    program()
    for name in ("oak", "elm"):
        register_lead(
            partner=the_partner("ada"), company=f"{name} Ltd", contact="Jo", email=f"jo@{name}.example",
            is_attested=True, by=owner_of("ada"), at=AT,
        )  # fmt: skip
    assert "Submitted 2" in shown()


def test_somebody_new_sees_the_first_steps() -> None:
    program()
    publish_version(number="1", title="Terms", text="…", by=None, at=AT)
    before = shown()
    assert "First steps" in before
    assert before.index("Accept the Agreement") < before.index("Register your first lead")
    accept(the_partner("ada"))
    assert "Accept the Agreement Term; clause 10 : done" in shown()


def test_who_has_no_partner_goes_elsewhere() -> None:
    assert signed_in(fay()).get("/").headers["Location"] == reverse("staff_months")
    stranger = User.objects.create_user("nobody@people.example", name="Nobody")
    assert signed_in(stranger).get("/").status_code == 403
    assert Client().get("/").status_code == 200


def test_nothing_of_another_partner() -> None:
    program(client("acme"), client("brim", "ben"), monthly("brim", "2026-01", "4321.00"))
    close("2026-01")
    now = shown()
    assert "864.20" not in now
    assert "4,321.00" not in now
    assert "864.20" in shown("ben")


def test_it_costs_the_same_with_much_and_with_little() -> None:
    def facts(first: int, last: int, month: str) -> list[Facts]:
        keys = [f"c{number}" for number in range(first, last)]
        return [part for key in keys for part in (client(key), monthly(key, month, "100.00"))]

    program(*facts(0, 1, "2026-01"))
    close("2026-01", by=fay())
    few = statements()
    record(*facts(1, 40, "2026-01"), *(monthly("c0", f"2026-{number:02}", "100.00") for number in range(2, 8)))
    close_months("2026-02", "2026-07")
    assert Payout.objects.count() > 3
    assert len(statements()) == len(few)
    assert len(few) <= 20


def statements() -> list[str]:
    """What an overview asks the database, without the savepoints that only a test has."""
    browser = signed_in(owner_of("ada"))
    browser.get("/")
    with CaptureQueriesContext(connection) as captured:
        assert browser.get("/").status_code == 200
    return [query["sql"] for query in captured.captured_queries if "SAVEPOINT" not in query["sql"]]
