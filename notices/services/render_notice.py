from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.signing import Signer
from django.template.loader import render_to_string
from django.urls import reverse

from notices.models import MAY_BE_OFF, Notice, NoticeKind

SALT = "notices.off"
# What the link of a notice leads to.
ACTIONS = {
    NoticeKind.LEAD_MOVED: "Open the lead",
    NoticeKind.CONFLICT_DECIDED: "Open the lead",
    NoticeKind.QUESTION_ANSWERED: "Read the answer",
    NoticeKind.MONTH_CLOSED: "Present report and invoice",
    NoticeKind.PAYOUT_APPROVED: "Open the payout",
    NoticeKind.PAYOUT_PAID: "Open the payout",
    NoticeKind.PAYOUT_FAILED: "Open the payout",
    NoticeKind.PAYOUT_HELD: "Open the payout",
    NoticeKind.BILLING_PROBLEM: "Open the client",
    NoticeKind.CHARGEBACK: "Open the client",
    NoticeKind.AGREEMENT: "Read the Agreement",
    NoticeKind.VIOLATION: "Open the Agreement",
    NoticeKind.TERMINATION: "Open the Agreement",
    NoticeKind.APPLICATION: "Confirm this address",
    NoticeKind.ENQUIRY: "Confirm this address",
    NoticeKind.INVITATION: "Join",
    NoticeKind.LEAD_DUE: "Open the lead",
}
ANY_ACTION = "Open it in the portal"


@dataclass(frozen=True, slots=True)
class Letterhead:
    """In whose name a notice goes out; `accent` is a colour like `#0f5c8c`."""

    program: str
    company: str
    address: str
    email: str
    accent: str


@dataclass(frozen=True, slots=True)
class Item:
    """One notice as a mail shows it; the notices of a day are several."""

    subject: str
    about: str
    paragraphs: Sequence[str]
    action: str
    url: str
    code: str


def render_notice(notice: Notice, letterhead: Letterhead) -> EmailMultiAlternatives:
    """This function will make the e-mail of a notice: plain text, and the same as simple HTML."""
    gathered = list(notice.gathered.order_by("id")) if notice.kind == NoticeKind.DIGEST else []
    off = off_url(notice) if may_be_off(notice) else ""
    context = {
        "notice": notice,
        "letterhead": letterhead,
        "items": [_item(each) for each in gathered or [notice]],
        "is_digest": bool(gathered),
        "off": off,
        "settings": absolute(reverse("notification_settings")) if off else "",
    }
    mail = EmailMultiAlternatives(
        notice.subject,
        render_to_string("notices/mail.txt", context),
        to=[notice.recipient],
        reply_to=[letterhead.email] if letterhead.email else None,
    )
    mail.attach_alternative(render_to_string("notices/mail.html", context), "text/html")
    mail.extra_headers["Auto-Submitted"] = "auto-replied" if notice.answers else "auto-generated"
    if notice.answers:  # So that it stands below what it answers.
        mail.extra_headers["In-Reply-To"] = mail.extra_headers["References"] = notice.answers
    if off:  # One click in the reader's own program is enough (RFC 8058).
        mail.extra_headers["List-Unsubscribe"] = f"<{off}>"
        mail.extra_headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return mail


def may_be_off(notice: Notice) -> bool:
    """Whether the one who gets it may turn its kind off."""
    return notice.person_id is not None and notice.kind in (*MAY_BE_OFF, NoticeKind.DIGEST)


def off_url(notice: Notice) -> str:
    """The address that turns a notice's kind off for the one who got it, without signing in."""
    return absolute(reverse("notice_off", args=[Signer(salt=SALT).sign(str(notice.pk))]))


def absolute(path: str) -> str:
    """A page's address as it is known outside."""
    return f"{settings.PUBLIC_URL}{path}"


def action_of(notice: Notice) -> str:
    """What a notice's link leads to, in words."""
    return ACTIONS.get(NoticeKind(notice.kind), ANY_ACTION)


def _item(notice: Notice) -> Item:
    url = absolute(notice.path) if notice.path else ""
    return Item(notice.subject, notice.about, notice.paragraphs, action_of(notice), url, notice.code)
