from datetime import datetime, timedelta

from affiliates.models import Program
from referrals.models import Lead
from referrals.services.tell_rep import Reminder, tell_reps


def remind_reps(*, at: datetime) -> int:
    """This function will remind reps of their open leads that nobody touched for the program's days, and count them.

    Each stretch without a touch is told of once: its beginning is part of the reminder's key.
    """
    days = Program.current().untouched_days
    untouched = Lead.objects.open().filter(
        work__touched_at__lte=at - timedelta(days=days), work__owner__user__is_active=True
    )
    return tell_reps(map(_reminder, untouched.select_related("partner", "work__owner__user")), at=at)


def _reminder(lead: Lead) -> Reminder:
    since = lead.work.touched_at
    next_step = f" The next step that you noted: {lead.work.next_step}." if lead.work.next_step else ""
    return Reminder(
        lead=lead,
        key=f"lead:{lead.pk}:untouched:{since.isoformat()}",
        subject=f"{lead.company} waits for you",
        text=(
            f"Nobody has done anything with the lead since {since:%-d %B %Y}. It is at "
            f"“{lead.get_stage_display()}”.{next_step}"
        ),
    )
