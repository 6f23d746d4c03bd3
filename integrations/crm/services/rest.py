from datetime import datetime, timedelta

from integrations.crm.models import Connection

AWHILE = timedelta(minutes=15)
UNREADABLE = "The credentials cannot be read: enter them again."


def rest(connection: Connection, error: str, *, at: datetime, seconds: int | None = None) -> None:
    """This function will leave a CRM alone for a while, and say why."""
    until = at + (AWHILE if seconds is None else timedelta(seconds=seconds))
    Connection.objects.filter(pk=connection.pk).update(rest_until=until, error=error)


def work_again(connection: Connection) -> None:
    """This function will forget what held a CRM up, now that it answers."""
    Connection.objects.filter(pk=connection.pk).exclude(error="").update(rest_until=None, error="")
