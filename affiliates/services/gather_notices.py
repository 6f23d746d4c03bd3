from datetime import datetime, time
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef

from affiliates.models import Membership, Program
from notices.models import Notice
from notices.services.gather_day import gather_day

MAIL_TIME = time(8)  # In the program's time zone: before people's working day, after their night.


def gather_notices(*, at: datetime) -> int:
    """This function will make the day's e-mails once its hour has come, and count them; again it makes none.

    What waited for somebody who has left the partner is not said any more.
    """
    here = at.astimezone(ZoneInfo(Program.current().time_zone))
    due_at = datetime.combine(here.date(), MAIL_TIME, tzinfo=here.tzinfo)
    if here < due_at:
        return 0
    members = Membership.objects.filter(partner_id=OuterRef("partner_id"), user_id=OuterRef("person_id"))
    Notice.objects.for_the_day().filter(~Exists(members)).delete()
    return gather_day(day=here.date(), before=due_at, at=at)
