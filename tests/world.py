"""Two partners, Ada and Ben, each with one of everything that a partner can have; Ben's words are unmistakable."""

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from affiliates.models import Membership, Partner, Program
from affiliates.models.partner import MemberRole
from affiliates.services.invite import invite
from affiliates.services.keep_resource import keep_resource
from affiliates.services.open_violation import open_violation
from commissions.models import Commission
from commissions.services.open_dispute import open_dispute
from notices.models import WebhookEndpoint
from parts.uploads import UploadField
from payouts.models import Payout, Statement
from payouts.services.issue_statement import issue_statement, plan_statements
from payouts.services.present_payout import DrawnInvoice, present_payout
from referrals.services.ask_for_lead import ask_for_extension
from referrals.services.ask_sales import ask_sales
from referrals.services.follow_link import Visit, follow_link
from referrals.services.make_link import make_link
from referrals.services.register_file import bring_file
from referrals.services.register_lead import register_lead
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
    record,
    the_partner,
)  # fmt: skip
from tests.payouts.finance import accept, settle_payee

MARK = "Zebrawood"
SITE = "https://www.example.com/"
BENS = (MARK, MARK.lower(), "Ben Partners", "owner.of.ben")


def two_worlds() -> tuple[Partner, Partner]:
    """This function will tell the two partners' whole story and give them."""
    Program.objects.update(company_site=SITE)
    record(*_facts("ada", "Acacia"), *_facts("ben", MARK))
    close("2026-01", by=fay())
    plan_statements(month=day("2026-01-01"), at=AT)
    for key, word in (("ada", "Acacia"), ("ben", MARK)):
        _furnish(the_partner(key), word)
    for is_published in (True, False):
        keep_resource(
            resource=None,
            title="One-pager" if is_published else f"{MARK}, not published",
            text="What we sell, and to whom",
            file=UploadField().clean(SimpleUploadedFile("one-pager.pdf", b"%PDF-1.7\n%%EOF\n")),
            place=1,
            is_published=is_published,
            by=pam(),
            at=AT,
        )
    return the_partner("ada"), the_partner("ben")


def ada_member(who: str) -> User:
    """Ada's owner, or another of her people."""
    if who == "owner":
        return owner_of("ada")
    user = User.objects.create_user("member.of.ada@people.example", name="Mia Member")
    Membership.objects.create(partner=the_partner("ada"), user=user, role=MemberRole.MEMBER)
    return user


def bens_owner() -> User:
    return owner_of("ben")


def _facts(key: str, word: str) -> list[Facts]:
    name = word.lower()
    mixed = invoice(f"{name}-m", name, "2026-01-03", line("500.00", since="2026-01", months=3), line("9.00", "tax"))
    return [
        partner(key),
        client(name, key, name=f"{word} Inc."),
        client(f"{name}-new", key, closed="2026-01-20", name=f"{word} New"),
        monthly(name, "2026-01", "1000.00"),
        monthly(f"{name}-new", "2026-01", "300.00"),
        mixed,
        payment(f"{name}-m-paid", f"{name}-m", "509.00", "2026-01-04"),
        chargeback(f"{name}-2026-01-paid", "100.00", "2026-01-25"),
    ]


def _furnish(partner: Partner, word: str) -> None:
    owner, name = owner_of(partner.reference), word.lower()
    WebhookEndpoint.objects.create(partner_id=partner.pk, url=f"https://{name}.example/hook", made_by=owner, made_at=AT)
    accept(partner)
    settle_payee(partner)
    payout = Payout.objects.get(partner=partner)
    present_payout(payout=payout, note=f"{word} note", invoice=DrawnInvoice(), by=owner, at=AT)
    issue_statement(statement_id=Statement.objects.get(partner=partner).pk, at=AT)
    open_violation(
        partner=partner,
        clause="6",
        evidence=f"{word} spam",
        notice_on=day("2026-12-30"),
        files=[UploadField().clean(SimpleUploadedFile(f"{word}-proof.pdf", b"%PDF-1.7\n%%EOF\n"))],
        by=pam(),
        at=AT,
    )
    invite(partner=partner, email=f"new@{name}.example", role=MemberRole.MEMBER, by=owner, at=AT)
    _leads_and_links(partner, word, owner)
    disputed = Commission.objects.filter(partner=partner).order_by("pk")[0]
    file = SimpleUploadedFile(f"{word}.pdf", b"%PDF-1.7\n%%EOF\n")
    open_dispute(
        partner=partner,
        commission_id=disputed.pk,
        comment=f"{word} disagrees",
        files=[UploadField().clean(file)],
        by=owner,
        at=AT,
    )


def _leads_and_links(partner: Partner, word: str, owner: User) -> None:
    name = word.lower()
    lead = register_lead(
        partner=partner,
        company=f"{word} Lead",
        contact=f"{word} Contact",
        email=f"jo@{name}-lead.example",
        is_attested=True,
        by=owner,
        at=AT,
    )
    ask_sales(lead=lead, text=f"{word} asks", by=owner, at=AT)
    ask_for_extension(lead=lead, reason=f"{word} needs time", by=owner, at=AT)
    bring_file(
        partner=partner,
        name=f"{word}.csv",
        text=f"company,contact,email\n{word} Two,Jo,two@{name}-two.example\n",
        by=owner,
        at=AT,
    )
    link = make_link(partner=partner, name=f"{word} link", destination=SITE, by=owner, at=AT)
    follow_link(code=link.code, visit=Visit(visitor="v", is_probe=False, referrer="", agent="Mozilla"), at=AT)
