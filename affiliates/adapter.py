from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts.adapter import InvitedOnly
from affiliates import tasks
from affiliates.acting import stop_helping
from notices.models import NoticeKind
from notices.services.tell_person import tell_person

NOBODY_HERE = "account/email/unknown_account"
LINKS = ("password_reset_url", "activate_url")


class MailsFromTheOutbox(InvitedOnly):
    """What is written to somebody about signing in goes out with the other notices, not while they wait.

    For an address that nobody here has, the same is done and taken back: neither the answer nor its time tells
    who is here.
    """

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        mail = self.render_mail(template_prefix, email, {"request": self.request, "email": email, **context})
        link = next((context[name] for name in LINKS if name in context), "")
        with transaction.atomic():
            tell_person(
                recipient=email,
                kind=NoticeKind.SECURITY,
                key=f"account:{uuid4().hex}",
                subject=mail.subject,
                paragraphs=str(mail.body).split("\n\n"),
                path=urlsplit(link).path,
                code=context.get("code", ""),
                has_key=bool(link),
                at=timezone.now(),
            )
            if template_prefix == NOBODY_HERE:
                transaction.set_rollback(True)
        # At once, and not with the next sweep: somebody waits. A broker that does not answer costs a minute.
        transaction.on_commit(tasks.sweep_notices.delay, robust=True)

    def logout(self, request: HttpRequest) -> None:
        """Who looked as a partner looks no longer."""
        stop_helping(request, why="They signed out")
        super().logout(request)
