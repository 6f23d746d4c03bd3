"""The guard of rows that may be written once and never changed: facts, ledger, acceptances, audit.

Two layers: these triggers refuse whoever comes, and `database_roles.py` keeps the application's role from
`UPDATE`, `DELETE` and `TRUNCATE` on every model that carries them (triggers alone do not stop an owner).
"""

import pgtrigger
from django.db import models

NAME = "append_only"


def append_only() -> list[pgtrigger.Trigger]:
    """This function will give the triggers for a model's `Meta.triggers`."""
    return [pgtrigger.Protect(name=NAME, operation=pgtrigger.Update | pgtrigger.Delete), no_truncate()]


def no_truncate() -> pgtrigger.Trigger:
    """This function will give the trigger that keeps a table from being emptied at once."""
    return pgtrigger.Trigger(
        name="no_truncate",
        when=pgtrigger.Before,
        operation=pgtrigger.Truncate,
        level=pgtrigger.Statement,
        func="RAISE EXCEPTION 'the rows of % stay', TG_TABLE_NAME;",
    )


def is_append_only(model: type[models.Model]) -> bool:
    """Whether rows of this model may only be added."""
    return any(trigger.name == NAME for trigger in getattr(model._meta, "triggers", []))
