from typing import Any

from django.core.management.commands import migrate

from accounts.database_roles import grant_rows, signed_in_as_owner


class Command(migrate.Command):
    help = "Migrates as the database's owner, then gives the application's role its rights."

    def handle(self, *args: Any, **options: Any) -> None:
        with signed_in_as_owner():
            super().handle(*args, **options)
            grant_rows()
