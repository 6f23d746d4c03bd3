"""A tablespace in the machine's memory for a test database: its thousand files are laid anew again and again."""

import hashlib
import os
import shutil
from contextlib import closing
from pathlib import Path

from django.conf import settings
from psycopg2.sql import SQL, Composable, Identifier, Literal

from config.embedded.postgres import PostgresServer

MEMORY = Path("/dev/shm")
ROOM = 4 << 30  # Bytes that have to be free there: a container's 64 MB are not enough.


class Space:
    """A tablespace of a name, where the server is ours to ask for one and the memory has room."""

    def __init__(self, name: str) -> None:
        digest = hashlib.sha256(os.fsencode(settings.DATA_DIR)).hexdigest()[:16]
        self.name = name
        self.folder = MEMORY / f"tributary-{digest}-{name}"
        self.is_there = settings.IS_EMBEDDED and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM

    def make(self) -> None:
        """This function will make it anew: a run that was killed, or a machine that was, may have left one."""
        self.drop()
        if self.is_there:
            user = PostgresServer(settings.DATA_DIR).runs_as
            self.folder.mkdir(mode=0o700)
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            owner, folder = Identifier(settings.OWNER_DATABASE["USER"]), Literal(str(self.folder))
            self._say(SQL("CREATE TABLESPACE {} OWNER {} LOCATION {}").format(Identifier(self.name), owner, folder))

    def drop(self) -> None:
        if settings.IS_EMBEDDED:
            self._say(SQL("DROP TABLESPACE IF EXISTS {}").format(Identifier(self.name)))
            shutil.rmtree(self.folder, ignore_errors=True)

    def _say(self, statement: Composable) -> None:
        with closing(PostgresServer(settings.DATA_DIR).connect()) as superuser:
            superuser.autocommit = True
            with superuser.cursor() as cursor:
                cursor.execute(statement)
