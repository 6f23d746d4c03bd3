from datetime import datetime

from accounts.models import KeptAnswer


def forget_answers(*, at: datetime) -> int:
    """This function will delete the answers of calls that are not replayed any more, and count them."""
    deleted, _ = KeptAnswer.objects.over(at=at).delete()
    return deleted
