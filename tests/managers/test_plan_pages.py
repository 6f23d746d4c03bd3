"""Plans as a program manager meets them: made, simulated, and given as it was shown."""

import re
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry
from affiliates.models import Partner
from commissions.models import Commission, Plan, PlanAssignment
from tests.cast import AT, all_rows, client, close, day, monthly, pam, partner, program, record, run, the_partner
from tests.managers.desk import at_desk, words

pytestmark = pytest.mark.django_db
PLANS = "/admin/program/plans/"


@pytest.fixture(autouse=True)
def _now() -> Any:
    with time_machine.travel("2026-03-15T18:00:00Z", tick=False):
        yield


def told() -> None:
    program(
        client("acme"),
        *(monthly("acme", f"2026-0{month}", "1000.00") for month in (1, 2, 3)),
        client("cole", "ben"),
        monthly("cole", "2026-01", "400.00"),
    )
    close("2026-01")
    close("2026-02")


def tiers(*rows: tuple[str, str], name: str = "Early partners") -> dict[str, str]:
    form = {"name": name, "tier-TOTAL_FORMS": "6", "tier-INITIAL_FORMS": "1"}
    for number in range(6):
        threshold, percent = rows[number] if number < len(rows) else ("", "")
        form |= {f"tier-{number}-threshold": threshold, f"tier-{number}-percent": percent}
    return form


def made(*rows: tuple[str, str]) -> Plan:
    assert at_desk(pam()).post(f"{PLANS}new/", tiers(*(rows or (("0.00", "25"),)))).status_code == 302
    return Plan.objects.get(name="Early partners")


def test_a_partners_page_leads_to_the_plans_and_from_there_to_giving_one() -> None:
    told()
    plan, ada = made(), the_partner("ada")
    shown = at_desk(pam()).get(f"/admin/program/partners/{ada.pk}/").content.decode()
    assert f'href="{PLANS}?for={ada.pk}"' in shown
    choosing = at_desk(pam()).get(PLANS, {"for": ada.pk})
    assert "A plan for Ada Partners" in words(choosing)
    assert f'href="{PLANS}{plan.pk}/simulate/?partners=ada"' in choosing.content.decode()
    simulating = at_desk(pam()).get(f"{PLANS}{plan.pk}/simulate/", {"partners": "ada"}).content.decode()
    assert 'value="ada"' in simulating
    for nobody in ("x", "9" * 5000, "0"):
        assert "A plan for" not in words(at_desk(pam()).get(PLANS, {"for": nobody}))


class TestMaking:
    def test_a_plan_with_its_tiers(self) -> None:
        plan = made(("0.00", "25"), ("3000.00", "32.5"))
        assert [(str(tier.threshold), str(tier.rate)) for tier in plan.tiers.order_by("threshold")] == [
            ("0.00", "0.2500"),
            ("3000.00", "0.3250"),
        ]
        assert "25 %, from 3,000.00 32.5 %" in words(at_desk(pam()).get(PLANS)).replace("\xa0", " ")
        assert AuditEntry.objects.filter(action="plan made", by=pam()).count() == 1

    @pytest.mark.parametrize(
        ("rows", "name", "why"),
        [
            ((("100.00", "25"),), "New", "begins with a tier from 0.00"),
            ((("0.00", "25"), ("0.00", "30")), "New", "begin at the same MRR"),
            ((("0.00", "125"),), "New", "It is at most 100"),
            ((("0.00", "lots"),), "New", "Write it in per cent"),
            ((("0.00", ""),), "New", "Write it in per cent"),
            ((("0.00", "25"),), "Standard", "There is a plan"),
            ((("0.00", "25"),), "", "This is still empty"),
        ],
    )
    def test_is_refused_with_the_way_out(self, rows: tuple[tuple[str, str], ...], name: str, why: str) -> None:
        manager, before = at_desk(pam()), Plan.objects.count()
        name = Plan.objects.get().name if name == "Standard" else name
        assert why in words(manager.post(f"{PLANS}new/", tiers(*rows, name=name)), 422)
        assert Plan.objects.count() == before


class TestSimulating:
    def test_shows_by_month_what_was_paid_and_would_be(self) -> None:
        told()
        plan = made()
        before = all_rows()
        asked = {"partners": "ada", "first": "2026-01", "last": "2026-02"}
        said = words(at_desk(pam()).get(f"{PLANS}{plan.pk}/simulate/", asked))
        assert "400.00" in said  # Paid: 20 % of two months.
        assert "500.00" in said  # With the plan: 25 %.
        assert "+100.00" in said
        assert f"/admin/program/plans/{plan.pk}/simulate/{the_partner('ada').pk}/2026-01/?first=2026-01" in said
        after = all_rows()
        assert {table for table in before if before[table] != after[table]} <= {"django_session", "accounts_user"}

    def test_a_month_opens_to_its_arithmetic(self) -> None:
        told()
        plan = made()
        url = f"{PLANS}{plan.pk}/simulate/{the_partner('ada').pk}/2026-02/"
        said = words(at_desk(pam()).get(url, {"first": "2026-01"})).replace("\xa0", " ")
        assert "From 0.00 on the plan pays 25 % on all of it; now it earns 20 %." in said
        assert '<td class="number">1,000.00</td><td class="number">200.00</td>' in said
        assert "+50.00" in said
        assert at_desk(pam()).get(url.replace("2026-02", "2025-02")).status_code == 404
        assert at_desk(pam()).get(url.replace("2026-02", "nonsense")).status_code == 404

    def test_all_partners_and_the_file(self) -> None:
        told()
        plan = made()
        asked = {"partners": "", "first": "2026-01", "last": "2026-02"}
        manager = at_desk(pam())
        said = words(manager.get(f"{PLANS}{plan.pk}/simulate/", asked))
        assert "Ada Partners" in said
        assert "Ben Partners" in said
        assert "+120.00" in said  # 5 % of 2,000.00 and of 400.00.
        file = b"".join(manager.get(f"{PLANS}{plan.pk}/simulate/", asked | {"format": "csv"})).decode()
        assert len(file.splitlines()) == 1 + 2 + 1

    @pytest.mark.parametrize(
        ("changes", "why"),
        [
            ({"partners": "nobody"}, "There is no partner like"),
            ({"first": "2026-02", "last": "2026-01"}, "before the first month"),
            ({"first": "2020-01"}, "more than 60 months"),
            ({"last": "2026-09"}, "Nothing is known of it yet"),
            ({"first": "May"}, "not a month"),
        ],
    )
    def test_what_cannot_be_tried_says_why(self, changes: dict[str, str], why: str) -> None:
        told()
        asked = {"partners": "ada", "first": "2026-01", "last": "2026-02"} | changes
        plan = Plan.objects.get()
        assert why in words(at_desk(pam()).get(f"{PLANS}{plan.pk}/simulate/", asked), 422)

    def test_costs_the_same_queries_for_thirty_partners(self) -> None:
        told()
        plan, manager = made(), at_desk(pam())
        url, asked = f"{PLANS}{plan.pk}/simulate/", {"first": "2026-01", "last": "2026-02"}

        def cost() -> int:
            with CaptureQueriesContext(connection) as captured:
                words(manager.get(url, asked))
            return len(captured)

        few = cost()
        for number in range(30):
            record(partner(f"p{number}"), client(f"c{number}", f"p{number}"), monthly(f"c{number}", "2026-02", "10.00"))
        assert cost() == few
        assert Partner.objects.count() == 32


class TestGiving:
    def shown(self, plan: Plan, first: str = "2026-01") -> tuple[str, str]:
        """The page that asks, and what it showed as its form says it."""
        url = f"{PLANS}{plan.pk}/give/{the_partner('ada').pk}/?first={first}"
        said = words(at_desk(pam()).get(url))
        found = re.search(r'name="shown" value="(\w+)"', said)
        assert found
        return said, found[1]

    def give(self, plan: Plan, shown: str, first: str = "2026-01") -> Any:
        url = f"{PLANS}{plan.pk}/give/{the_partner('ada').pk}/?first={first}"
        return at_desk(pam()).post(url, {"shown": shown, "reason": "As agreed"})

    def test_posts_what_was_shown(self) -> None:
        told()
        plan = made()
        said, shown = self.shown(plan)
        assert "+150.00" in said  # 5 % of January, February, and of March, which is open.
        assert self.give(plan, shown).status_code == 302
        given = PlanAssignment.objects.get()
        assert (given.plan, given.reason, given.given_by) == (plan, "As agreed", pam())
        run("2026-03")
        posts = {
            row.service_month.month: str(row.amount) for row in Commission.objects.filter(period=day("2026-03-01"))
        }
        assert posts == {1: "50.00", 2: "50.00", 3: "250.00"}
        page = words(at_desk(pam()).get(f"{PLANS}{plan.pk}/"))
        assert "As agreed" in page
        assert "Now" in page

    def test_twice_is_given_once(self) -> None:
        told()
        plan = made()
        _, shown = self.shown(plan)
        self.give(plan, shown)
        assert self.give(plan, shown).status_code == 409
        assert PlanAssignment.objects.count() == 1

    def test_the_same_again_says_that_it_is_given(self) -> None:
        told()
        plan = made()
        self.give(plan, self.shown(plan)[1])
        assert "already" in words(self.give(plan, self.shown(plan)[1]), 409)
        assert PlanAssignment.objects.count() == 1

    def test_facts_that_came_meanwhile_are_shown_first(self) -> None:
        told()
        plan = made()
        _, shown = self.shown(plan)
        record(client("late"), monthly("late", "2026-01", "77.00"), at=AT)
        assert "the facts changed meanwhile" in words(self.give(plan, shown), 409)
        assert not PlanAssignment.objects.exists()

    def test_from_a_month_that_is_not_there_yet_changes_nothing_now(self) -> None:
        told()
        plan = made()
        said, shown = self.shown(plan, "2026-08")
        assert "Nothing: no month up to then earns another amount with it." in said
        assert self.give(plan, shown, "2026-08").status_code == 302
        assert "Later" in words(at_desk(pam()).get(f"{PLANS}{plan.pk}/"))

    def test_far_ahead_is_a_slip(self) -> None:
        told()
        url = f"{PLANS}{Plan.objects.get().pk}/give/{the_partner('ada').pk}/?first=2036-01"
        assert "far ahead" in words(at_desk(pam()).get(url), 422)
