from datetime import datetime, timedelta

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit
from affiliates.models import Partner

HELP_LASTS = timedelta(minutes=30)


@needs(Right.HELP_PARTNERS)
def begin_help(*, partner: Partner, by: User, at: datetime) -> datetime:
    """This function will note that somebody of the company looks at the portal as a partner, and say until when."""
    until = at + HELP_LASTS
    write_audit(by=by, at=at, action="look as partner begun", subject=f"partner {partner.reference}", until=until)
    return until


def end_help(*, partner: Partner, why: str, by: User, at: datetime) -> None:
    """This function will note that they look no longer; whoever lost the right meanwhile ends it too."""
    write_audit(by=by, at=at, action="look as partner ended", subject=f"partner {partner.reference}", why=why)
