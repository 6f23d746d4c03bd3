from datetime import datetime

from notices.models import Notice


def forget_keys(*, at: datetime) -> int:
    """This function will take links and codes that opened something out of notices, and count them.

    What is sent forgets them by itself; here it is what could not be sent while they were good.
    """
    return Notice.objects.with_spent_key(at=at).update(path="", code="")
