from collections.abc import Sequence
from datetime import datetime

from django.urls import reverse

from affiliates.models import FactBatch, Partner
from affiliates.services.tell_partner import Message, tell_partners
from clients.models import Client
from notices.models import NoticeKind
from parts.formats import counted

MOST_NAMED = 20


def tell_of_moves(*, clients: Sequence[Client], batch: FactBatch, of: Partner, to: Partner, at: datetime) -> None:
    """This function will tell two partners that clients went from the one to the other; neither hears who the other is.

    Call it in the step's own transaction. The reason stays in the audit trail, for it may say whose they were or are.
    """
    one = clients[0].name if len(clients) == 1 else ""
    which, them = one or counted(len(clients), "client", "clients"), "it" if one else "them"
    names = "" if one else _names(clients)
    taken = (
        f"The program has decided that another partner is credited for {them}.",
        names,
        f"The next month’s run takes back what you earned with {them}. Months that are closed stay as they are.",
        "If you think that this is wrong, dispute one of the lines.",
    )
    given = (
        f"The program has decided that you are credited for {them}.",
        names,
        f"The next month’s run gives you the commission on what {'it' if one else 'each'} paid, at your own rates.",
    )
    verb = "is" if one else "are"
    messages = [
        Message(
            of.pk,
            f"clients:{batch.pk}:from:{of.pk}",
            f"{which} {verb} not credited to you any more",
            taken,
            reverse("commissions"),
        ),
        Message(to.pk, f"clients:{batch.pk}:to:{to.pk}", f"{which} {verb} credited to you", given, reverse("clients")),
    ]
    tell_partners(kind=NoticeKind.DISPUTE, messages=messages, at=at)


def _names(clients: Sequence[Client]) -> str:
    """Which clients they are, as far as a message has room."""
    named = ", ".join(client.name for client in clients[:MOST_NAMED])
    rest = len(clients) - MOST_NAMED
    return f"They are {named}{f' and {rest:,} more' if rest > 0 else ''}."
