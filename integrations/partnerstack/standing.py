"""How the door to PartnerStack stands."""

from datetime import datetime

from django.conf import settings

from affiliates.doors import Standing
from affiliates.staff_page import moment
from integrations.partnerstack.formats import Kind
from integrations.partnerstack.models import Import, Unplaced


def standing(*, at: datetime) -> Standing:
    """This function will tell whether there is anything to read from, when it was read last, and what did not fit."""
    has_keys = bool(settings.PARTNERSTACK_KEY and settings.PARTNERSTACK_SECRET)
    last = Import.objects.first()
    if last is None:
        says = "Nothing was imported yet; the keys are set." if has_keys else "Nothing was imported yet."
        return Standing(has_keys, says, 0)
    waiting = Unplaced.objects.exclude(kind=Kind.GROUPS).count()
    if last.finished_at is None:
        return Standing(True, f"An import began on {moment(last.started_at)} and has not ended.", waiting)
    return Standing(True, f"Imported on {moment(last.finished_at)}; {waiting:,} rows have no place here.", waiting)
