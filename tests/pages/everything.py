"""A program in which each kind of thing happened at least once."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from accounts.models import KeptAnswer, Scope, User
from accounts.services.seal_audit import seal_audit
from affiliates.models.partner import EndedBy, MemberRole, PartnerKind
from affiliates.services.apply import apply
from affiliates.services.end_partnership import end_partnership
from affiliates.services.invite import invite
from affiliates.services.keep_partner_keys import issue_partner_key
from affiliates.services.keep_resource import keep_resource
from affiliates.services.open_violation import open_violation
from clients.models import ChargebackReview, Client, ProblemKind, Reversal
from clients.models.category import Category
from clients.recording.problems import Problem, Problems
from clients.services.correct_win import correct_win
from clients.services.keep_refusal import keep_refusal
from clients.services.map_category import map_category
from clients.services.record_payment_problem import record_payment_problem
from commissions.models import Commission
from commissions.services.adjust_balance import enter_adjustment
from commissions.services.give_plan import give_plan, make_plan
from commissions.services.open_dispute import open_dispute
from integrations.introductions.models import Mailbox, Source
from integrations.introductions.services.receive_message import receive_message
from notices.models import Notice, NoticeKind, Pace, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from notices.services.set_pace import set_pace
from parts.uploads import Kind, Upload
from payouts.models import Payout, Statement
from payouts.services.issue_statement import issue_statement, plan_statements
from referrals.models import Click, Enquiry, Lead, Link, Rep
from referrals.services.ask_for_lead import ask_for_extension
from referrals.services.ask_sales import ask_sales
from referrals.services.assign_leads import assign_leads
from referrals.services.block_domain import block_domain
from referrals.services.note_lead import note_lead
from referrals.services.plan_demo import plan_demo
from referrals.services.register_file import bring_file
from referrals.services.register_lead import register_lead
from referrals.services.set_up_reps import make_team, set_partner_rep, set_rep
from tests.cast import (
    AT,
    Facts,
    chargeback,
    client,
    close,
    day,
    fay,
    invoice,
    line,
    monthly,
    owner_of,
    pam,
    partner,
    payment,
    program,
    record,
    sam,
    the_partner,
)  # fmt: skip
from tests.finance.paying import a_file, own_account
from tests.finance.year_end import enter_filer, taken_before
from tests.integrations.crm.samples import one_of_each as one_of_each_in_crms
from tests.integrations.partnerstack.brought import bring_little
from tests.integrations.stripe.one_of_each import one_of_each
from tests.leads.telling import win
from tests.payouts.finance import accept, present, settle_payee

LAST_MONTH = "2026-01"


def superuser() -> User:
    return User.objects.create_superuser("root@people.example", name="Root")


def grow(first: int, last: int, month: str) -> None:
    """This function will let partners join, each with a client who pays a month and charges a part back.

    The month is computed and closed, and so each of them gets a ledger entry, a payout and a statement.
    """
    facts: list[Facts] = []
    for number in range(first, last):
        key = f"c{number}"
        facts += [partner(f"p{number}"), client(key, f"p{number}"), monthly(key, month, "1000.00")]
        facts += [chargeback(f"{key}-{month}-paid", "100.00", f"{month}-20")]
    record(*facts)
    close(month, by=fay())
    plan_statements(month=day(f"{month}-01"), at=AT)


def everything() -> None:
    """This function will tell a program with at least one row of each model."""
    mixed = invoice("mixed", "acme", "2026-01-03", line("500.00", since="2026-01", months=3), line("9.00", "odd"))
    paid = monthly("acme", LAST_MONTH, "1000.00")
    program(client("acme"), mixed, payment("mixed-paid", "mixed", "509.00", "2026-01-04"), paid)
    close(LAST_MONTH, by=fay())
    ada, ben, owner = the_partner("ada"), the_partner("ben"), owner_of("ada")
    WebhookEndpoint.objects.create(partner_id=ada.pk, url="https://oak.example/hook", made_by=owner, made_at=AT)
    accept(ada)
    settle_payee(ada)
    present(Payout.objects.get(partner=ada))
    record(chargeback("acme-2026-01-paid", "100.00", "2026-02-02"))
    plan_statements(month=day("2026-01-01"), at=AT)
    issue_statement(statement_id=Statement.objects.get(partner=ada).pk, at=AT)
    own_account()
    a_file(Payout.objects.get(partner=ada))
    apply(
        kind=PartnerKind.AFFILIATE, company="Oak", site="https://oak.example/", name="Jo", email="jo@oak.example",
        audience="…", promotion="…", at=AT,
    )  # fmt: skip
    invite(partner=ada, email="new@oak.example", role=MemberRole.MEMBER, by=owner, at=AT)
    proof = Upload(b"%PDF-1.4 %%EOF", Kind.PDF, "proof.pdf")
    breach: dict[str, Any] = {"clause": "6", "evidence": "…", "notice_on": day("2026-02-01"), "files": [proof]}
    open_violation(partner=ada, by=pam(), at=AT, **breach)
    keep_resource(resource=None, title="Logo", text="Use it", file=None, place=1, is_published=True, by=pam(), at=AT)
    later = AT.date() + timedelta(days=30)
    end_partnership(
        partner=ben, given_by=EndedBy.PARTNER, given_on=AT.date(), effective_on=later, reason="…", by=fay(), at=AT
    )
    map_category(word="odd", category=Category.ONE_TIME, by=fay(), at=AT)
    disputed = Commission.objects.filter(partner=ada)[0]
    proof = Upload(b"%PDF-1.4 %%EOF", Kind.PDF, "proof.pdf")
    open_dispute(partner=ada, commission_id=disputed.pk, comment="More was paid", files=[proof], by=owner, at=AT)
    key, _ = issue_partner_key(partner=ada, name="Website", scopes=[Scope.READ], expires_at=None, by=owner, at=AT)
    KeptAnswer.objects.create(api_key=key, key="call-1", asked="…", at=AT, code=201, body={})
    enter_adjustment(partner=ada, amount=Decimal("5.00"), reason="Goodwill", by=fay(), at=AT)
    plan = make_plan(name="Early partners", tiers=[(Decimal(0), Decimal("0.25"))], by=pam(), at=AT)
    give_plan(partner=ben, plan=plan, first_month=day("2026-03-01"), reason="", by=pam(), at=AT)
    _tell_of_leads(owner)
    link = Link.objects.create(partner=ada, code="oak", name="News", destination="https://x.example/", created_at=AT)
    Click.objects.create(link=link, at=AT)
    Enquiry.objects.create(
        link=link, company="Elm Ltd", contact="El", email="el@elm.example", consent="Yes", asked_at=AT, visitor="v"
    )
    ChargebackReview.objects.create(partner=ada, raised_by=Reversal.objects.get(), chargebacks=3, raised_at=AT)
    record_payment_problem(
        client=Client.objects.get(reference="acme"), kind=ProblemKind.FAILED, occurred_on=day("2026-02-03"), key="k",
        by=fay(), at=AT,
    )  # fmt: skip
    wrong = Problem("payments.csv", 4, "payment P8", "amount", "“1e3” does not do", "write it like 1000.00")
    keep_refusal(source="import_program oak", problems=Problems([wrong], 1), by=None, at=AT)
    set_pace(person=owner, partner_id=ada.pk, kind=NoticeKind.LEAD_MOVED, pace=Pace.DAILY, at=AT)
    Notice.objects.get_or_create(
        key="k",
        defaults={"kind": "security", "recipient": "a@b.example", "subject": "s", "body": "b", "created_at": AT},
    )
    WebhookAttempt.objects.create(delivery=WebhookDelivery.objects.all()[0], at=AT, answered=500, milliseconds=9)
    receive_message(raw=b"From: a@b.example\n\nHi", source=Source.COMMAND, at=AT)
    bring_little(AT)
    one_of_each()
    one_of_each_in_crms()
    Mailbox.objects.create(name="intro at imap.oak.example, INBOX")
    enter_filer()
    taken_before("ada", "700.00")
    seal_audit(at=AT)


def _tell_of_leads(owner: User) -> None:
    """Ada's lead with what she asks about it, the same company registered by Ben, and a file not yet registered."""
    ada, ben = the_partner("ada"), the_partner("ben")
    told: dict[str, Any] = {"company": "Oak Ltd", "contact": "Jo", "email": "jo@oak.example", "is_attested": True}
    lead = register_lead(partner=ada, by=owner, at=AT, **told)
    register_lead(partner=ben, by=owner_of("ben"), at=AT, **told)
    ask_sales(lead=lead, text="Did you reach them?", by=owner, at=AT)
    ask_for_extension(lead=lead, reason="Next year", by=owner, at=AT)
    work_on(lead)
    assign_leads(leads=[lead], to=_rep(), by=None, at=AT)
    bring_file(partner=ada, name="leads.csv", text="company,contact,email\nElm,Al,al@elm.example\n", by=owner, at=AT)


def work_on(lead: Lead) -> None:
    """What sales does with a lead, to a win that was a mistake; and a domain that is blocked."""
    note_lead(lead=lead, text="Call after ten", by=sam(), at=AT)
    plan_demo(lead=lead, when=AT, partner_joins=True, by=sam(), at=AT)
    block_domain(domain="blocked.example", reason="Our own", by=pam(), at=AT)
    win(lead, reference="oak")
    correct_win(lead=lead, reason="Signed for a trial only", by=pam(), at=AT)


def _rep() -> Rep:
    """A rep of a team, who is Ada's own."""
    team = make_team(name="East", by=None, at=AT)
    rep = set_rep(user=sam(), team=team, is_active=True, by=None, at=AT)
    set_partner_rep(partner=the_partner("ada"), rep=rep, by=None, at=AT)
    return rep
