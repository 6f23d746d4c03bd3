from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit
from affiliates.models import Program


class SettingsMoved(Exception):
    """Somebody else changed the same setting since the page was opened."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Somebody else changed “{name.replace('_', ' ')}” meanwhile")


@needs(Right.CHANGE_PROGRAM)
def change_program(
    *, new: Mapping[str, Any], opened_with: Mapping[str, str], by: User | None, at: datetime
) -> list[str]:
    """This function will change the program's settings, and give the names of those that changed.

    `opened_with` is what each setting was when its page was opened, as `as_kept` writes it. The audit entry holds
    each value before and after.

    :raises SettingsMoved: a setting that changes is another one by now
    """
    with transaction.atomic():
        program = Program.objects.select_for_update().get(pk=1)
        changed = [name for name, value in new.items() if getattr(program, name) != value]
        for name in changed:
            if as_kept(getattr(program, name)) != opened_with.get(name):
                raise SettingsMoved(name)
        if not changed:
            return []
        details: dict[str, str] = {}
        for name in changed:
            details |= {f"old_{name}": as_kept(getattr(program, name)), f"new_{name}": as_kept(new[name])}
            setattr(program, name, new[name])
        program.save(update_fields=changed)
        write_audit(by=by, at=at, action="settings changed", subject="program", **details)
    return changed


def as_kept(value: Any) -> str:
    """A setting as a text, for the audit trail and to see whether it changed."""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
