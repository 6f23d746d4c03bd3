"""Each job of the schedule can run twice, late, or in two places at once, and does its work once.

A `Job` says what makes it due and what shows its work; the first test fails where the schedule has a job without.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from celery import current_app
from django.core import mail
from pytest_django import DjangoCaptureOnCommitCallbacks
from pytest_django.fixtures import Settings

from accounts.models import AuditEntry, AuditSeal, KeptAnswer, Scope
from accounts.services.write_audit import write_audit
from affiliates.models import Application
from affiliates.models.partner import EndedBy, PartnerKind
from affiliates.services.apply import apply
from affiliates.services.end_partnership import end_partnership
from affiliates.services.keep_partner_keys import issue_partner_key
from affiliates.services.open_violation import open_violation
from clients.models import Payment
from commissions.models import Commission, Run
from commissions.services.start_run import start_run
from integrations.crm.models import Connection, Hook, LeadSync
from integrations.crm.models.hook import KEPT
from integrations.introductions.models import Mailbox, Message, Reading, Source
from integrations.introductions.services.receive_message import receive_message
from integrations.stripe.models import EventToWork
from notices.models import EventKind, Notice, NoticeKind, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from notices.services.forget_deliveries import KEPT as DELIVERIES_KEPT
from notices.services.write_event import write_event
from payouts.models import Payout, PayoutState, Statement
from payouts.services.issue_statement import plan_statements
from referrals.models import Enquiry, Link
from tests.cast import AT, client, close, day, fay, monthly, owner_of, pam, program, the_partner
from tests.conftest import Databases
from tests.integrations.crm.samples import unreadable
from tests.integrations.introductions.imap_server import imap_server
from tests.integrations.introductions.writing import told as introductions_told
from tests.integrations.introductions.writing import written
from tests.integrations.stripe.published import OLD
from tests.integrations.stripe.published import event as stripe_event
from tests.integrations.stripe.published import invoice as stripe_invoice
from tests.integrations.stripe.telling import referred, send
from tests.payouts.finance import ready_payout
from tests.races.test_of_eight_one_wins import all_at_once, failures
from tests.sales.people import lead_with, rep

NOW = AT + timedelta(days=20)  # What `AT` made due has been so for long.
LATER = NOW + timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Job:
    """What makes a job due, and what is to be seen of its work before and after it was done once."""

    prepare: Callable[[], object]
    seen: Callable[[], object]
    before: object
    after: object


def audited(action: str) -> int:
    return AuditEntry.objects.filter(action=action).count()


def start_a_run() -> None:
    program(*(client(f"c{number}") + monthly(f"c{number}", "2026-03", "100.00") for number in range(4)))
    start_run(month=day("2026-03-01"), by=None, at=AT, full=True, clients_a_part=1)


def plan_a_statement() -> None:
    program(client("acme"), monthly("acme", "2026-03", "1000.00"))
    close("2026-03", by=fay())
    plan_statements(month=day("2026-03-01"), at=AT)


def forget_that_it_is_ready() -> None:
    Payout.objects.filter(pk=ready_payout().pk).update(state=PayoutState.WAITING)


def become_ready() -> tuple[str, int]:
    payout = Payout.objects.get()
    return payout.state, payout.steps.filter(state=PayoutState.READY).count()


def ask_for_confirmation() -> None:
    program()
    link = Link.objects.create(
        partner=the_partner("ada"), code="x", name="x", destination="https://x.example", created_at=AT
    )
    Enquiry.objects.create(
        link=link, company="Elm", contact="El", email="el@elm.example", consent="Yes", asked_at=AT, visitor="v"
    )


def apply_to_it() -> None:
    apply(
        kind=PartnerKind.AFFILIATE, company="Oak", site="https://oak.example/", name="Jo", email="jo@oak.example",
        audience="…", promotion="…", at=AT,
    )  # fmt: skip


def owe_a_notice() -> None:
    program()
    mail.outbox.clear()
    Notice.objects.all().delete()
    Notice.objects.create(
        key="k", kind=NoticeKind.SECURITY, recipient="a@b.example", subject="s", body="b", created_at=AT
    )


def wait_for_a_rep() -> None:
    program()
    lead_with(None, "Oak")
    rep("lena")


def let_it_lie() -> None:
    program()
    lead_with(rep("lena"), "Oak")


def fall_due() -> None:
    program()
    pam()
    open_violation(partner=the_partner("ada"), clause="6", evidence="…", notice_on=AT.date(), by=pam(), at=AT)
    end_partnership(
        partner=the_partner("ben"), given_by=EndedBy.PARTNER, given_on=AT.date(), reason="…", by=None, at=AT,
        effective_on=AT.date() + timedelta(days=5),
    )  # fmt: skip


def leave_unsealed() -> None:
    for number in range(3):
        write_audit(by=None, at=AT, action="test", subject=f"thing {number}")


def answer_a_call() -> None:
    program()
    ada, owner = the_partner("ada"), owner_of("ada")
    key, _ = issue_partner_key(partner=ada, name="Website", scopes=[Scope.READ], expires_at=None, by=owner, at=AT)
    KeptAnswer.objects.create(api_key=key, key="k", asked="a", at=AT)


def owe_an_event() -> None:
    """To an endpoint whose secret is lost, so that it is tried without sending anything anywhere."""
    program()
    ada, owner = the_partner("ada"), owner_of("ada")
    WebhookEndpoint.objects.create(partner_id=ada.pk, url="https://hooks.example/", made_by=owner, made_at=AT)
    write_event(kind=EventKind.LEAD_MOVED, partner_id=ada.pk, subject="lead 1", at=NOW)


def keep_an_old_delivery() -> None:
    owe_an_event()
    long_ago = NOW - DELIVERIES_KEPT
    WebhookDelivery.objects.update(state="delivered", delivered_at=long_ago)
    WebhookAttempt.objects.create(delivery=WebhookDelivery.objects.get(), at=long_ago, answered=200, milliseconds=5)


def leave_a_message() -> None:
    introductions_told()
    receive_message(raw=written(name="<a@b>"), source=Source.COMMAND, at=AT)


def leave_an_event() -> None:
    referred("cus_a")
    paid = stripe_invoice("in_1", "cus_a", paid="2026-01-10", version=OLD, charge="ch_1")
    send(stripe_event("invoice.paid", paid, "2026-01-10", version=OLD))


def connect_a_crm() -> None:
    program()
    lead_with(None, "Oak")
    unreadable()


def keep_an_old_call() -> None:
    Hook.objects.create(connection=unreadable(), digest="0" * 64, at=AT - KEPT, body="[]", worked_at=AT - KEPT)


def told(*ends: str) -> list[int]:
    """How many notices there are whose key ends so, for each."""
    return [Notice.objects.filter(key__contains=end).count() for end in ends]


JOBS = {
    "commissions.tasks.sweep_runs": Job(
        start_a_run,
        lambda: (Run.objects.get().state, Commission.objects.count(), audited("run finished")),
        ("running", 0, 0),
        ("done", 4, 1),
    ),
    "payouts.tasks.sweep_statements": Job(
        plan_a_statement,
        lambda: (Statement.objects.get().state, audited("statement issued")),
        ("due", 0),
        ("issued", 1),
    ),
    "payouts.tasks.sweep_payouts": Job(forget_that_it_is_ready, become_ready, ("waiting", 1), ("ready", 2)),
    "affiliates.tasks.sweep_notices": Job(
        owe_a_notice,
        lambda: (len(mail.outbox), Notice.objects.filter(key="k", sent_at__isnull=False).count()),
        (0, 0),
        (1, 1),
    ),
    "notices.tasks.sweep_webhooks": Job(
        owe_an_event,
        lambda: (WebhookDelivery.objects.get().tries > 0, WebhookAttempt.objects.exists()),
        (False, False),
        (True, True),
    ),
    "notices.tasks.forget": Job(
        keep_an_old_delivery, lambda: (WebhookDelivery.objects.count(), WebhookAttempt.objects.count()), (1, 1), (0, 0)
    ),
    "integrations.introductions.tasks.sweep_messages": Job(
        leave_a_message,
        lambda: (Reading.objects.get().state, Reading.objects.get().tries),
        ("new", 0),
        ("waits", 1),
    ),
    "integrations.introductions.tasks.look_into_mailbox": Job(
        introductions_told,
        lambda: (Message.objects.count(), list(Mailbox.objects.values_list("uid", flat=True))),
        (0, []),
        (1, [1]),
    ),
    "integrations.stripe.tasks.sweep_stripe": Job(
        leave_an_event,
        lambda: (EventToWork.objects.count(), Payment.objects.count()),
        (1, 0),
        (0, 1),
    ),
    "integrations.crm.tasks.sweep_crms": Job(
        connect_a_crm,
        lambda: (LeadSync.objects.count(), Connection.objects.exclude(error="").count()),
        (0, 0),
        (1, 1),
    ),
    "integrations.crm.tasks.forget": Job(keep_an_old_call, Hook.objects.count, 1, 0),
    "referrals.tasks.sweep_leads": Job(wait_for_a_rep, lambda: audited("lead assigned"), 0, 1),
    "referrals.tasks.remind": Job(let_it_lie, lambda: told(":untouched:"), [0], [1]),
    "affiliates.tasks.watch": Job(fall_due, lambda: told(":overdue", ":effective:staff"), [0, 0], [1, 1]),
    "affiliates.tasks.forget": Job(
        apply_to_it, lambda: (Application.objects.count(), audited("application forgotten")), (1, 0), (0, 1)
    ),
    "referrals.tasks.forget": Job(ask_for_confirmation, Enquiry.objects.count, 1, 0),
    "accounts.tasks.forget": Job(answer_a_call, KeptAnswer.objects.count, 1, 0),
    "accounts.tasks.sweep_audit": Job(
        leave_unsealed,
        lambda: (list(AuditSeal.objects.order_by("number").values_list("number", flat=True)), audited("test")),
        ([], 3),
        ([1, 2, 3], 3),
    ),
}
SCHEDULED = sorted({entry["task"] for entry in current_app.conf.beat_schedule.values()})


@pytest.fixture(autouse=True)
def workers_at_once() -> Iterator[None]:
    """What a job sends to the workers is done right there."""
    current_app.loader.import_default_modules()
    current_app.conf.task_always_eager = True
    yield
    current_app.conf.task_always_eager = False


@pytest.fixture(autouse=True)
def a_mailbox(settings: Settings) -> Iterator[None]:
    """A mailbox with a message in it."""
    with imap_server(written(name="<a@b>")) as box:
        settings.INTRODUCTIONS_IMAP_URL = box.url
        yield


def it_is(at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: at)


def test_every_job_of_the_schedule_is_here() -> None:
    assert sorted(JOBS) == SCHEDULED, "say in JOBS what makes the job due and what shows its work"


@pytest.mark.django_db
@pytest.mark.parametrize("name", SCHEDULED)
def test_a_job_that_runs_late_and_again_does_its_work_once(
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    job, task = JOBS[name], current_app.tasks[name]
    job.prepare()
    assert job.seen() == job.before
    for at in (NOW, NOW, LATER):
        it_is(at, monkeypatch)
        with django_capture_on_commit_callbacks(execute=True):
            task()
        assert job.seen() == job.after, at


@pytest.mark.parametrize("name", SCHEDULED)
def test_a_job_that_runs_in_many_places_at_once_does_its_work_once(
    name: str, monkeypatch: pytest.MonkeyPatch, real_db: Databases
) -> None:
    job, task = JOBS[name], current_app.tasks[name]
    job.prepare()
    it_is(NOW, monkeypatch)
    assert failures(all_at_once(task)) == []
    task()  # What somebody else held at that moment, the next minute finds.
    assert job.seen() == job.after
