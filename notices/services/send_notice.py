from datetime import datetime
from email.errors import MessageError

from django.db import transaction

from notices.models import Notice, NoticeKind
from notices.services.render_notice import Letterhead, render_notice


def send_notice(*, notice_id: int, letterhead: Letterhead, at: datetime) -> bool:
    """This function will send one notice by e-mail, once, and say whether it went out now.

    A failure is kept on the row, which is tried again later; the mail server's refusal loses nothing. A link or
    code that opens something is forgotten with the sending. The notices of a day stand as their one e-mail does.
    """
    with transaction.atomic():
        notice = (
            Notice.objects.due(at=at).select_for_update(skip_locked=True, of=("self",)).filter(pk=notice_id).first()
        )
        if notice is None:
            return False
        notice.tries += 1
        notice.tried_at = at
        try:
            render_notice(notice, letterhead).send()
        except (OSError, ValueError, MessageError) as error:  # smtplib's errors, and what no header can hold.
            notice.error = f"{type(error).__name__}: {error}"
        else:
            notice.sent_at, notice.error = at, ""
            if notice.has_key:
                notice.path = notice.code = ""
        notice.save()
        if notice.kind == NoticeKind.DIGEST:
            notice.gathered.update(sent_at=notice.sent_at, tries=notice.tries, tried_at=at, error=notice.error)
        return notice.sent_at is not None
