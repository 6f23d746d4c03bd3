"""The demo program, told smaller: its money is proved, every kind of row is there, and it is told once."""

import socket
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import override_settings
from pytest_django.plugin import DjangoDbBlocker

from affiliates.models import Partner
from clients.models import ChargebackReview, InvoiceLine, PaymentProblem, RefusedRecording
from commissions.export import export_rows
from commissions.models import Commission, Period, Run
from commissions.services.compute_part import compute_part
from commissions.services.finish_run import finish_run
from notices.models import WebhookEndpoint, WhyOff
from notices.models.webhook import DELAYS
from notices.outgoing import LEADS_NOWHERE, Outgoing
from payouts.completeness import prove_period
from payouts.models import Payout, PayoutState, Statement, StatementState
from payouts.services.issue_statement import issue_statement
from portal.demo import load as demo_load
from portal.demo.billing import billed
from portal.demo.days import Days
from portal.demo.diary import Entry, in_order
from portal.demo.draft import CROSSES_THE_TIER, LATE_MONEY, Scale, draw
from portal.demo.load import is_loaded, load
from portal.demo.welcome import welcome
from referrals.models import Lead
from referrals.models.lead import Stage
from tests.cast import all_rows
from tests.conftest import Databases

pytestmark = pytest.mark.xdist_group("demo")

NOW = datetime(2027, 3, 17, 18, tzinfo=UTC)
SMALL = Scale(months=7, partners=18, clients=60)
PASSWORD = "small-demo-only"


class AtOnce:
    """Workers that do in this process, and at once, what the queue would bring to others."""

    def compute(self, run: Run) -> None:
        for part in run.parts.all():
            compute_part(part_id=part.pk, at=NOW)
        finish_run(run_id=run.pk, at=NOW)

    def write_statements(self, month: date) -> None:
        for statement in Statement.objects.filter(period=month):
            issue_statement(statement_id=statement.pk, at=NOW)


def tell(folder: Path, *, now: datetime = NOW) -> list[str]:
    """This function will load the small demo and give what it said."""
    said: list[str] = []
    load(now=now, scale=SMALL, folder=folder, password=lambda: PASSWORD, workers=AtOnce(), say=said.append)
    return said


@pytest.fixture(scope="module")
def demo(
    databases: Databases, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """The small demo, killed once in the middle of a month and gone on with."""
    folder = tmp_path_factory.mktemp("demo")
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=folder / "media"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(demo_load, "in_order", _killed_in_the_middle)
            with pytest.raises(KeyboardInterrupt):
                tell(folder / "program")
        assert not is_loaded()
        tell(folder / "program", now=NOW + timedelta(days=3))  # The days stay those of the beginning.
        yield folder / "program"
        databases.lay()


def _killed_in_the_middle(entries: Iterable[Entry], days: Days) -> list[Entry]:
    def kill(at: datetime) -> None:
        raise KeyboardInterrupt

    told = in_order(entries, days)
    middle = len(told) // 2
    return [*told[:middle], Entry(told[middle].at, kill), *told[middle:]]


def test_every_closed_month_is_proved(demo: Path) -> None:
    months = [period.month for period in Period.objects.closed()]
    assert len(months) == SMALL.months
    assert max(months) == date(2027, 2, 1)
    with override_settings(MEDIA_ROOT=demo.parent / "media"):
        for month in months:
            assert prove_period(month).failures == []


def test_the_last_complete_month_has_its_statements(demo: Path) -> None:
    statements = Statement.objects.filter(period=date(2027, 2, 1))
    assert statements.count() > SMALL.partners / 2
    assert {statement.state for statement in statements} == {StatementState.ISSUED}


def test_the_export_has_each_kind_of_row(demo: Path) -> None:
    rows = [row for month in Days(NOW, SMALL.months).all() for row in export_rows(month)]
    assert {row[7] for row in rows} == {"posted", "waiting"}
    assert {row[5] for row in rows} >= {"0.20", "0.30", "0.25"}
    assert any(Decimal(row[6]) < 0 for row in rows)
    assert any(row[3] < row[0] for row in rows)


def test_leads_stand_at_every_stage(demo: Path) -> None:
    assert set(Lead.objects.values_list("stage", flat=True)) == set(Stage.values)
    assert Lead.objects.filter(stage=Stage.WON, client__isnull=True).count() == 0
    companies = Counter(Lead.objects.values_list("domain", flat=True))
    assert max(companies.values()) == 2  # The conflict that sales has to decide on.


def test_a_partner_crosses_the_tier_and_comes_back(demo: Path) -> None:
    of_partner = Commission.objects.filter(partner__reference=CROSSES_THE_TIER).order_by("service_month")
    rates = list(dict.fromkeys(of_partner.values_list("service_month", "rate")))
    assert [f"{rate:.0%}" for _, rate in rates] == ["30%", "30%", "20%", "20%", "30%", "30%", "30%"]


def test_a_late_payment_lifts_a_past_month(demo: Path) -> None:
    lifted = Commission.objects.filter(partner__reference=LATE_MONEY, posted_before__gt=0)
    assert {(str(row.service_month), str(row.period_id), row.rate) for row in lifted} == {
        ("2026-09-01", "2026-11-01", Decimal("0.3"))
    }


def test_there_is_something_of_everything(demo: Path) -> None:
    assert Partner.objects.filter(terminated_on__isnull=False).count() == 1
    assert ChargebackReview.objects.count() == 1
    assert InvoiceLine.objects.unmapped().exists()
    assert set(Payout.objects.values_list("state", flat=True)) >= {
        PayoutState.WAITING, PayoutState.READY, PayoutState.APPROVED, PayoutState.PAID, PayoutState.HELD,
    }  # fmt: skip
    states = Counter(
        violation for violation in Partner.objects.values_list("violations__state", flat=True) if violation
    )
    assert states == {"open": 1, "cured": 1, "ended": 1}
    assert Payout.objects.filter(withheld__gt=0).exists()


def test_something_went_wrong_at_billing_too(demo: Path) -> None:
    assert PaymentProblem.objects.count() == 1
    refused = RefusedRecording.objects.unmended().get()
    assert "unknown-invoice" in str(refused.problems)


def test_webhooks_were_delivered_wait_for_their_next_try_and_gave_up(demo: Path) -> None:
    on, off = WebhookEndpoint.objects.filter(is_on=True), WebhookEndpoint.objects.filter(is_on=False).get()
    assert Counter(endpoint.partner_id is None for endpoint in on) == {False: 1, True: 1}
    for endpoint in on:
        states = Counter(endpoint.deliveries.values_list("state", flat=True))
        assert 3 <= states.total() <= 30
        assert states["due"] >= 1
        assert states["delivered"] + states["due"] == states.total()
        tried = endpoint.deliveries.filter(tries__gt=1).get()
        assert tried.next_at > NOW
        assert {attempt.answered for attempt in tried.attempts.all()} == {503}
    assert (off.why_off, off.told_at is not None) == (WhyOff.NO_ANSWER, True)
    assert off.deliveries.get(state="failed").attempts.count() == 1 + len(DELAYS)
    assert off.deliveries.filter(state="delivered").exists()


def test_nothing_of_webhooks_waits_to_be_sent_and_nothing_ever_would_be(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not WebhookEndpoint.objects.with_due(at=NOW + timedelta(minutes=5)).exists()
    monkeypatch.setattr(socket, "getaddrinfo", _nobody_asks)
    with Outgoing() as sender:
        for endpoint in WebhookEndpoint.objects.all():
            assert sender.post(endpoint.url, b"{}", {}).text == f"no answer: {LEADS_NOWHERE}"


def _nobody_asks(*asked: object) -> None:
    raise AssertionError(asked)


def test_telling_it_again_changes_nothing(demo: Path) -> None:
    before = all_rows()
    tell(demo, now=NOW + timedelta(days=40))
    call_command("import_program", demo, verbosity=0)
    assert all_rows() == before


def test_the_welcome_names_everybody_and_what_to_try(demo: Path) -> None:
    told = "\n".join(welcome(port=8123, password=PASSWORD, folder=demo))
    assert "http://localhost:8123/admin/" in told
    assert PASSWORD in told
    assert "chose another password" not in told
    assert "run_commissions 2027-03" in told


@pytest.mark.parametrize("today", ["2026-11-01", "2026-11-02", "2027-01-31", "2027-03-01", "2028-02-29", "2028-12-15"])
def test_its_facts_fit_whatever_day_it_is(today: str) -> None:
    days = Days(datetime.fromisoformat(f"{today}T20:00:00+00:00"), Scale().months)
    draft = draw(days, Scale())
    facts = billed(draft)
    assert len(draft.clients) == Scale().clients
    assert max(fact.known_on for fact in facts) <= days.today
    total: dict[str, Decimal] = defaultdict(Decimal)
    paid: dict[str, Decimal] = defaultdict(Decimal)
    for fact in facts:
        if fact.kind in ("invoices", "payments"):
            sums = total if fact.kind == "invoices" else paid
            sums[fact.values["invoice"]] += Decimal(fact.values["amount"])
    assert all(total[invoice] >= paid[invoice] for invoice in paid)
    assert any(total[invoice] > paid[invoice] for invoice in paid)  # Partly paid.
    assert min(total.values()) == 0  # A month for nothing.
