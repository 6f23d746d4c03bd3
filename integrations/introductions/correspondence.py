"""The messages of a lead, for its timeline; referrals asks for them (referrals/correspondence.py)."""

from collections.abc import Sequence

from django.urls import reverse

from integrations.introductions.models import Reading, State
from parts.shapes import Event, Tone
from referrals.models import Lead


def mail_of_lead(lead: Lead) -> Sequence[Event]:
    """Each message that made the lead or joined it, with the way to its page."""
    rows = Reading.objects.filter(lead=lead, state__in=(State.LEAD, State.JOINED)).select_related("message")
    return [
        Event(
            "Introduced by e-mail" if reading.state == State.LEAD else "E-mail",
            reading.message.received_at,
            reading.sender,
            reading.subject,
            Tone.INFO,
            reverse("staff_introduction", args=[reading.pk]),
        )
        for reading in rows
    ]
