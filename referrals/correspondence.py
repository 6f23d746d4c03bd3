"""E-mail that belongs to a lead. Messages come in downstream of leads, so who keeps them says how to ask."""

from collections.abc import Callable, Sequence

from parts.shapes import Event
from referrals.models import Lead

Find = Callable[[Lead], Sequence[Event]]
_finders: list[Find] = []


def ask_for_mail(find: Find) -> None:
    """This function will have `find` asked for a lead's messages; call it when the program starts."""
    _finders.append(find)


def mail_of(lead: Lead) -> list[Event]:
    """What came by e-mail about a lead, each with the address of its page."""
    return [event for find in _finders for event in find(lead)]
