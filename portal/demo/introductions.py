"""Two introductions by e-mail of yesterday: one that sales is to confirm, and one that waits for a person."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from functools import partial

from integrations.introductions.models import Source
from integrations.introductions.services.read_message import read_message
from integrations.introductions.services.receive_message import receive_message
from portal.demo.days import Days
from portal.demo.diary import Entry
from portal.demo.names import COMPANY_DOMAIN
from portal.demo.people import OWNER

ADDRESS = f"introductions@{COMPANY_DOMAIN}"
CLEAR = (
    "Imogen Vale <imogen.vale@larkfield-freight.example>",
    "Intro: Imogen (Larkfield Freight), meet the team",
    """Hi Imogen,

as promised, meet the people behind the phones that I told you about. Larkfield Freight Ltd moves to a new CRM in
spring, with about 35 agents.

Over to you,
Nora""",
)
UNCLEAR = (
    "Piet Moss <piet@mosswood.example>, Ruth Amber <ruth@amberline.example>",
    "Two for you",
    "Hello all,\n\nboth Piet and Ruth asked me about phones this week. I let you take it from here.\n\nNora",
)


def introduction_entries(days: Days) -> Iterator[Entry]:
    """The messages, each with the moment at which it came."""
    yesterday = days.today - timedelta(days=1)
    for hour, (to, subject, text) in ((10, CLEAR), (14, UNCLEAR)):
        yield Entry(days.at(yesterday, hour), partial(_arrive, to, subject, text))


def _arrive(to: str, subject: str, text: str, at: datetime) -> None:
    written = EmailMessage()
    written["From"], written["To"], written["Cc"] = f"{OWNER.name} <{OWNER.email}>", to, ADDRESS
    written["Subject"], written["Message-ID"] = subject, f"<{at:%Y%m%d%H}.demo@{OWNER.email.partition('@')[2]}>"
    written.set_content(text)
    proven = {"method": "dmarc", "result": "pass", "domain": ""}
    message = receive_message(raw=bytes(written), source=Source.PROVIDER, findings=[proven], at=at)
    read_message(message_id=message.pk, clock=lambda: at)
