"""Notice of termination by the partner: the consequences in numbers first, then the notice (10)."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry, User
from affiliates.models import Membership, TerminationNotice
from affiliates.models.partner import EndedBy, MemberRole
from commissions.models import LedgerEntry
from payouts.ending import Ending, end_of
from referrals.services.register_lead import register_lead
from tests.cast import (
    all_rows,
    chargeback,
    client,
    close_months,
    day,
    invoice,
    line,
    monthly,
    owner_of,
    payment,
    program,
    record,
    refund,
    the_partner,
)  # fmt: skip

pytestmark = pytest.mark.django_db

PAGE = "/agreement/end/"
NOW = datetime(2026, 3, 20, 18, tzinfo=UTC)
TODAY = date(2026, 3, 20)
SOONEST = date(2026, 3, 23)
NOTICE = {"effective_on": "2026-03-23", "reason": "We turn to other things", "partner_name": "ada  partners"}


@pytest.fixture(autouse=True)
def _now() -> object:
    with time_machine.travel(NOW, tick=False):
        yield


def told() -> None:
    """Acme pays month by month, Brim a quarter ahead, Cole is new, Dahl left; January and February are closed."""
    program(
        client("acme"),
        *(monthly("acme", month, "1000.00") for month in ("2026-01", "2026-02", "2026-03")),
        client("brim"),
        invoice("brim-q", "brim", "2026-02-01", line("900.00", since="2026-02", months=3)),
        payment("brim-q-paid", "brim-q", "900.00", "2026-02-03"),
        client("cole", closed="2026-03-05"),
        monthly("cole", "2026-03", "500.00"),
        client("dahl", canceled="2026-02-10"),
        monthly("dahl", "2026-02", "200.00"),
        monthly("acme", "2026-04", "1000.00", paid=None),
        at=NOW,
    )
    close_months("2026-01", "2026-02")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def ada() -> Client:
    return signed_in(owner_of("ada"))


def shown(client: Client, url: str = PAGE) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def reckoned(on: date = SOONEST) -> Ending:
    return end_of(the_partner("ada"), effective_on=on, today=TODAY)


class TestTheNumbers:
    def test_what_stops_and_what_is_still_paid(self) -> None:
        told()
        found = reckoned()
        assert found.clients == 3  # Acme, Brim and Cole; Dahl left.
        assert (found.mrr_month, found.mrr) == (day("2026-02-01"), Decimal("1300.00"))  # 1,000 + 900 / 3
        assert (found.rate, found.commission) == (Decimal("0.20"), Decimal("260.00"))
        assert (found.prepaid, found.prepaid_clients) == (Decimal("300.00"), 1)  # Brim's April.
        assert found.unpaid_invoices == 1  # Acme's April.
        assert found.balance == Decimal("500.00")  # 200 of January; 200 + 60 + 40 of February.
        assert found.to_post == Decimal("260.00")  # 200 + 60 of March.
        assert (found.waiting, found.waiting_clients) == (Decimal("100.00"), 1)  # Cole: 20 % of 500.00.
        assert found.waiting_until == day("2026-04-05")
        assert found.still_paid == Decimal("860.00")

    def test_a_later_day_lets_more_months_earn(self) -> None:
        told()
        found = reckoned(day("2026-04-30"))
        assert found.prepaid == 0
        assert found.to_post == Decimal("320.00")  # Brim's April as well: 60.00.

    @pytest.mark.parametrize("ends", ["2026-03-23", "2026-03-31", "2026-05-15"])
    def test_what_is_said_to_be_paid_is_what_the_runs_then_post(self, ends: str) -> None:
        told()
        record(
            monthly("acme", "2025-12", "6000.00", paid="2026-03-02"),  # Late: it lifts December's rate.
            refund("dahl-2026-02-paid", "50.00", "2026-03-04"),
            chargeback("acme-2026-01-paid", "300.00", "2026-03-10"),
            at=NOW,
        )
        promised = reckoned(day(ends)).still_paid
        page = ada().get(PAGE, {"effective_on": ends}).content.decode()
        assert f"{promised:,.2f} USD" in page
        assert ada().post(PAGE, NOTICE | {"effective_on": ends}).status_code == 302
        # Money that comes after the end earns nothing.
        record(payment("late", "acme-2026-04", "1000.00", "2026-05-20"), at=NOW)
        close_months("2026-03", "2026-06")
        assert LedgerEntry.objects.filter(partner=the_partner("ada")).balance() == promised

    def test_the_numbers_stand_on_the_page(self) -> None:
        told()
        page = shown(ada())
        for said in (
            "MRR of 3 clients",
            "1,300.00 USD a month",
            "260.00 USD a month",
            "Paid in advance by 1 client",
            "1 invoice",
            "500.00 USD",
            "the last of it on 5 April 2026",
            "860.00 USD",
            "Until 23 March 2027",
        ):
            assert said in page
        assert "It ends the partnership on 23 March 2026." in page

    def test_open_leads_are_counted_and_nobody_elses(self) -> None:
        told()
        for key, company in (("ada", "Oak Ltd"), ("ben", "Elm Supply"), ("ben", "Yew Media")):
            register_lead(
                partner=the_partner(key),
                company=company,
                contact="Jo",
                email=f"jo@{company.split()[0].lower()}.example",
                is_attested=True,
                by=owner_of(key),
                at=NOW,
            )
        assert reckoned().open_leads == 1
        assert "1 lead" in shown(ada())

    def test_a_partner_with_nothing_yet(self) -> None:
        program()
        page = shown(ada())
        assert "0 leads" in page
        assert "There is no client whose MRR would stop counting." in page
        assert "No client is in its first month" in page
        assert "Paid in advance" not in page

    def test_it_costs_the_same_with_3_clients_and_with_30(self) -> None:
        program()
        costs = []
        for numbers in (range(3), range(3, 30)):
            for number in numbers:
                record(client(f"c{number}"), monthly(f"c{number}", "2026-03", "100.00"), at=NOW)
            person = ada()
            with CaptureQueriesContext(connection) as captured:
                shown(person)
            costs.append(len(captured))
        assert costs[0] == costs[1]


class TestTheNotice:
    def test_it_is_given_by_the_partner_with_a_reason(self) -> None:
        told()
        client = ada()
        response = client.post(PAGE, NOTICE)
        assert response.headers["Location"] == "/agreement/"
        notice = TerminationNotice.objects.get()
        assert (notice.partner, notice.given_by, notice.by) == (
            the_partner("ada"),
            EndedBy.PARTNER,
            owner_of("ada"),
        )
        assert (notice.given_on, notice.effective_on, notice.reason) == (TODAY, SOONEST, NOTICE["reason"])
        assert the_partner("ada").terminated_on == SOONEST
        assert AuditEntry.objects.filter(action="notice of termination").count() == 1
        page = shown(client, "/agreement/")
        assert "Notice is given. The last day of the partnership is 23 March 2026." in page
        assert "23 March 2027" in page

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"effective_on": "2026-03-22"}, "Notice takes three days: 23 March 2026 at the soonest."),
            ({"effective_on": "9999-12-31"}, "Choose a day within a year"),
            ({"effective_on": "soon"}, "Write the day like 2026-03-31."),
            ({"effective_on": ""}, "Choose the last day."),
            ({"reason": " "}, "Say in a few words why."),
            ({"partner_name": "Ben Partners"}, "It is not the partner&#x27;s name."),
            ({"partner_name": ""}, "Type the partner&#x27;s name to confirm."),
        ],
    )
    def test_what_is_wrong_is_said_and_nothing_moves(self, changes: dict[str, str], said: str) -> None:
        told()
        client = ada()
        before = all_rows()
        response = client.post(PAGE, NOTICE | changes)
        assert response.status_code == 200
        assert said in response.content.decode()
        assert all_rows() == before

    def test_pressed_twice_there_is_one_notice(self) -> None:
        told()
        client = ada()
        for _ in range(2):
            assert client.post(PAGE, NOTICE).status_code == 302
        assert TerminationNotice.objects.count() == 1
        assert client.get(PAGE).headers["Location"] == "/agreement/"
        assert "Notice was given: the partnership ends on 23 March 2026." in shown(client, "/agreement/")

    def test_a_member_who_is_no_owner_cannot(self) -> None:
        told()
        user = User.objects.create_user("mia@people.example", name="Mia")
        Membership.objects.create(partner=the_partner("ada"), user=user, role=MemberRole.MEMBER)
        client = signed_in(user)
        before = all_rows()
        assert client.get(PAGE).status_code == 403
        assert client.post(PAGE, NOTICE).status_code == 403
        assert all_rows() == before

    def test_the_day_of_the_address_is_shown_and_nonsense_is_the_soonest(self) -> None:
        told()
        assert "It ends the partnership on 30 April 2026." in shown(ada(), f"{PAGE}?effective_on=2026-04-30")
        wrong = shown(ada(), f"{PAGE}?effective_on=x")
        assert "It ends the partnership on 23 March 2026." in wrong
        assert "Write the day like 2026-03-31." in wrong

    def test_it_ends_the_own_partnership_and_no_other(self) -> None:
        told()
        ada().post(PAGE, NOTICE | {"partner": str(the_partner("ben").pk)})
        assert the_partner("ben").terminated_on is None
