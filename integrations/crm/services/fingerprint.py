"""What a lead says, in few letters, made by the database: so a minute's look at all leads is one statement.

What changed is found by comparing, and by no count of events: an event that is written by a long transaction comes
into sight after later ones, and a reader that goes by numbers would have passed it.
"""

from django.db.models import CharField, F, Func, TextField, Value
from django.db.models.functions import Cast, Coalesce

from integrations.crm.models import Connection

SAID = (
    "stage", "company", "domain", "contact", "email", "agents", "employees", "crm", "note", "channel",
    "partner__name", "protected_until",
)  # fmt: skip
BETWEEN = "\x1f"


def fingerprint(prefix: str, connection: Connection) -> Func:
    """The expression for a lead, or for the lead at the end of `prefix`; mapped anew, a connection has others."""
    parts = []
    for name in SAID:
        said = F(f"{prefix}{name}")
        if name == "protected_until":  # Whether it is under review; until when it is protected no CRM is told.
            parts.append(
                Func(said, template="CASE WHEN %(expressions)s IS NULL THEN 'r' ELSE '' END", output_field=TextField())
            )
        else:
            parts.append(Coalesce(Cast(said, TextField()), Value("")))
    together = Func(
        Value(BETWEEN), Value(str(connection.version)), *parts, function="concat_ws", output_field=TextField()
    )
    return Func(together, function="md5", output_field=CharField())
