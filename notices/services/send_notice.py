from datetime import datetime

from django.core.mail import EmailMessage
from django.db import transaction

from notices.models import Notice


def send_notice(*, notice_id: int, at: datetime) -> bool:
    """This function will send one notice by e-mail, once, and say whether it went out now.

    A failure is kept on the row, which is tried again later; the mail server's refusal loses nothing.
    """
    with transaction.atomic():
        notice = Notice.objects.due(at=at).select_for_update(skip_locked=True).filter(pk=notice_id).first()
        if notice is None:
            return False
        notice.tries += 1
        notice.tried_at = at
        try:
            EmailMessage(notice.subject, notice.body, to=[notice.recipient]).send()
        except OSError as error:  # smtplib's errors are among them.
            notice.error = f"{type(error).__name__}: {error}"
        else:
            notice.sent_at, notice.error = at, ""
        notice.save()
        return notice.sent_at is not None
