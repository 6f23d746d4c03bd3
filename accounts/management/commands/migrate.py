from typing import Any

from django.contrib.auth.models import Group
from django.core.management.commands import migrate

from accounts.database_roles import grant_rows, keep_triggers_on, signed_in_as_owner
from accounts.role_rights import give_rights
from accounts.row_security import guard_rows


class Command(migrate.Command):
    help = "Migrates as the database's owner, then gives the database's roles and the groups their rights."

    def handle(self, *args: Any, **options: Any) -> None:
        with signed_in_as_owner():
            super().handle(*args, **options)
            keep_triggers_on()
            grant_rows()
            guard_rows()
            if Group.objects.exists():  # Not where only the first migrations were asked for.
                give_rights()
