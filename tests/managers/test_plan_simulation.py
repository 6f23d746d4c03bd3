"""What a plan would pay is reckoned by the engine itself: the next run posts what was shown, to the cent."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.rights import NotPermitted
from affiliates.models import Partner
from affiliates.months import parse_month
from commissions.models import Commission, Plan
from commissions.services.give_plan import PlanIsGiven, PlanRefused, give_plan, make_plan
from commissions.services.simulate_plan import Trial, simulate_month, simulate_plan
from tests.cast import (
    AT,
    Facts,
    all_rows,
    chargeback,
    client,
    close,
    close_months,
    day,
    fay,
    monthly,
    pam,
    program,
    record,
    refund,
    run,
    the_partner,
)

TODAY = day("2026-04-15")
QUARTER_FOR_ALL = [(Decimal(0), Decimal("0.25"))]
EARLY = [(Decimal(0), Decimal("0.25")), (Decimal(3000), Decimal("0.4"))]
Tiers = Sequence[tuple[Decimal, Decimal]]


def told() -> None:
    """Ada's Acme pays for four months, her Brim joins it late and Ben has Cole; January to March are closed."""
    program(
        *(monthly("acme", f"2026-0{month}", "2500.00") for month in range(1, 5)),
        client("acme"),
        client("brim", closed="2026-02-20"),
        monthly("brim", "2026-03", "700.01"),
        client("cole", "ben"),
        *(monthly("cole", f"2026-0{month}", "333.33") for month in range(1, 4)),
        chargeback("acme-2026-01-paid", "100.00", "2026-02-02"),
    )
    close_months("2026-01", "2026-03")


def a_plan(tiers: Tiers = EARLY) -> Plan:
    return make_plan(name="Early partners", tiers=tiers, by=pam(), at=AT)


def simulated(
    plan: Plan, *partners: Partner, first: str = "2026-01", last: str = "2026-04", everybody: bool = False
) -> list[Trial]:
    return simulate_plan(
        plan=plan,
        partners=None if everybody else partners,
        from_month=parse_month(first),
        to_month=parse_month(last),
        by=pam(),
        on=TODAY,
    )


def as_tiers(drawn: dict[int, int]) -> Tiers:
    """Tiers of whole thresholds and rates in hundredths of a per cent, above one from 0.00 on."""
    above = [(Decimal(threshold), Decimal(rate).scaleb(-4)) for threshold, rate in drawn.items()]
    return [(Decimal(0), Decimal("0.1")), *above]


def next_posts(month: str = "2026-04") -> dict[tuple[int, date], Decimal]:
    """What the next run posts, by partner and service month."""
    run(month)
    sums: dict[tuple[int, date], Decimal] = {}
    for row in Commission.objects.posted().filter(period=parse_month(month)):
        key = (row.partner_id, row.service_month)
        sums[key] = sums.get(key, Decimal(0)) + row.amount
    return {key: amount for key, amount in sums.items() if amount}


def shown(trials: list[Trial]) -> dict[tuple[int, date], Decimal]:
    return {(trial.partner_id, trial.month): trial.difference for trial in trials if trial.difference}


@pytest.mark.django_db
class TestASimulation:
    def test_says_what_was_paid_and_what_the_plan_would_have_paid(self) -> None:
        told()
        ada = the_partner("ada")
        found = {f"{trial.month:%Y-%m}": trial for trial in simulated(a_plan(), ada)}
        january = found["2026-01"]
        assert (january.now.mrr, january.now.rate, january.then.rate) == (
            Decimal(2500),
            Decimal("0.20"),
            Decimal("0.25"),
        )
        assert january.then.posted == Decimal("480.00")  # 500.00, of which 100.00's 20.00 was taken back in February.
        assert january.then.target == Decimal("600.00")  # 25 % of 2,400.00
        assert january.difference == january.because == Decimal("120.00")
        march = found["2026-03"]
        assert (march.now.mrr, march.then.rate) == (Decimal("3200.01"), Decimal("0.40"))
        assert march.then.target == Decimal("1280.00")  # 40 % of 2,500.00, and of 700.01: 1,000.00 + 280.00
        assert march.then.posted == Decimal("640.00")  # 20 %: 500.00 + 140.00
        april = found["2026-04"]  # The next run's own month: nothing was paid yet.
        assert (april.then.posted, april.difference, april.because) == (
            Decimal(0),
            Decimal("625.00"),
            Decimal("125.00"),
        )

    @pytest.mark.parametrize("first", ["2026-01", "2026-02", "2026-04"])
    def test_is_what_the_next_run_posts(self, first: str) -> None:
        told()
        record(refund("acme-2026-02-paid", "33.33", "2026-04-02"))  # The next run takes it back anyway.
        ada, plan = the_partner("ada"), a_plan()
        promised = shown(simulated(plan, ada, first=first))
        give_plan(partner=ada, plan=plan, first_month=parse_month(first), reason="", by=pam(), at=AT)
        posts = {key: amount for key, amount in next_posts().items() if key[0] == ada.pk}
        assert {key: amount for key, amount in posts.items() if key[1] >= parse_month(first)} == promised

    def test_leaves_no_row_behind(self) -> None:
        told()
        plan, before = a_plan(), all_rows()
        assert simulated(plan, the_partner("ada"))
        assert simulated(plan, everybody=True)
        simulate_month(
            plan=plan, partner=the_partner("ada"), from_month=day("2026-01-01"), month=day("2026-03-01"),
            by=pam(), on=TODAY,
        )  # fmt: skip
        pam()
        assert all_rows() == before

    def test_for_everybody_is_that_of_each(self) -> None:
        told()
        plan, ada, ben = a_plan(), the_partner("ada"), the_partner("ben")
        everybody = simulated(plan, everybody=True)
        assert everybody == [*simulated(plan, ada), *simulated(plan, ben)]
        assert everybody == simulated(plan, ada, ben)
        assert {trial.partner_id for trial in everybody} == {ada.pk, ben.pk}

    def test_opens_a_month_to_what_it_is_made_of(self) -> None:
        told()
        plan, ada = a_plan(), the_partner("ada")
        trial, parts = simulate_month(
            plan=plan, partner=ada, from_month=day("2026-01-01"), month=day("2026-03-01"), by=pam(), on=TODAY
        )
        assert trial in simulated(plan, ada)
        assert trial is not None
        assert [(part.then.base, part.then.target) for part in parts] == [
            (Decimal("2500.00"), Decimal("1000.00")),
            (Decimal("700.01"), Decimal("280.00")),
        ]
        assert sum(part.then.target for part in parts) == trial.then.target

    def test_a_client_in_its_first_month_is_held_back_with_either_plan(self) -> None:
        told()
        record(client("dahl", closed="2026-04-10"), monthly("dahl", "2026-04", "1000.00", paid="2026-04-11"))
        [april] = simulated(a_plan(), the_partner("ada"), first="2026-04")
        assert april.now.mrr == Decimal("3500.00")
        assert (april.now.target, april.now.waiting) == (Decimal("500.00"), Decimal("200.00"))
        assert (april.then.target, april.then.waiting) == (Decimal("1000.00"), Decimal("400.00"))

    def test_a_plan_given_for_a_later_month_holds_from_there(self) -> None:
        told()
        ada, other = the_partner("ada"), make_plan(name="Other", tiers=QUARTER_FOR_ALL, by=pam(), at=AT)
        give_plan(partner=ada, plan=other, first_month=day("2026-03-01"), reason="", by=pam(), at=AT)
        found = {f"{trial.month:%Y-%m}": trial.then.rate for trial in simulated(a_plan(EARLY), ada)}
        assert found["2026-03"] == Decimal("0.25")

    def test_of_a_program_without_facts_is_empty(self) -> None:
        assert simulated(a_plan(), everybody=True) == []

    def test_is_for_who_may_give_plans(self) -> None:
        told()
        with pytest.raises(NotPermitted):
            simulate_plan(plan=Plan.objects.get(), partners=None, from_month=TODAY, to_month=TODAY, by=fay(), on=TODAY)


class TestWhateverThePlan(TestCase):
    """Whatever the plan and the money, the next run posts what was shown."""

    @settings(max_examples=12, deadline=None)
    @given(
        tiers=st.dictionaries(st.integers(1, 4000), st.integers(0, 10000), max_size=3).map(as_tiers),
        amounts=st.lists(st.integers(1, 500_000), min_size=2, max_size=4),
        late=st.integers(1, 400_000),
        first=st.sampled_from(["2025-12", "2026-01", "2026-02"]),
    )  # fmt: skip
    def test_it_is_to_the_cent(self, tiers: Tiers, amounts: list[int], late: int, first: str) -> None:
        facts: list[Facts] = []
        for number, cents in enumerate(amounts):
            amount = str(Decimal(cents).scaleb(-2))
            facts += [client(f"c{number}"), *(monthly(f"c{number}", f"2026-0{month}", amount) for month in (1, 2))]
        program(*facts)
        close("2026-01")
        record(client("late"), monthly("late", "2026-01", str(Decimal(late).scaleb(-2))))
        ada, plan = the_partner("ada"), a_plan(tiers)
        promised = shown(
            simulate_plan(
                plan=plan, partners=[ada], from_month=parse_month(first), to_month=parse_month("2026-02"),
                by=None, on=TODAY,
            )
        )  # fmt: skip
        give_plan(partner=ada, plan=plan, first_month=parse_month(first), reason="", by=None, at=AT)
        assert {key: sum_ for key, sum_ in next_posts("2026-02").items() if key[1] >= parse_month(first)} == promised


@pytest.mark.django_db
class TestAPlan:
    @pytest.mark.parametrize(
        ("name", "tiers", "why"),
        [
            ("Standard", QUARTER_FOR_ALL, "already"),
            ("New", [(Decimal(0), Decimal("0.2")), (Decimal(0), Decimal("0.3"))], "same MRR"),
            ("New", [(Decimal(0), Decimal("1.2"))], "between 0 and 100"),
        ],
    )
    def test_is_refused_with_the_reason(self, name: str, tiers: Tiers, why: str) -> None:
        name = Plan.objects.get().name if name == "Standard" else name
        pam()
        before = all_rows()
        with pytest.raises(PlanRefused, match=why):
            make_plan(name=name, tiers=tiers, by=pam(), at=AT)
        assert all_rows() == before

    def test_is_given_once(self) -> None:
        told()
        ada, plan = the_partner("ada"), a_plan()
        give_plan(partner=ada, plan=plan, first_month=day("2026-01-01"), reason="", by=pam(), at=AT)
        before = all_rows()
        with pytest.raises(PlanIsGiven, match="already"):
            give_plan(partner=ada, plan=plan, first_month=day("2026-01-01"), reason="", by=pam(), at=AT)
        assert all_rows() == before
