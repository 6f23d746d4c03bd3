"""A real PostgreSQL and a real Valkey for a machine that has neither; they come as Python wheels.

Whichever process needs a server first starts it, others join, and the last one to leave stops it. Two lock
files in the data directory make that safe: `*.users` is held shared by every process for as long as it lives
(the kernel lets go of it however the process ends), `*.gate` is held alone by whoever looks at the server,
starts it or stops it. A server that lost all its users to `kill -9` runs on, and the next process joins it.

The servers listen on a unix socket in a folder that is closed to other people and nowhere else, which is why
they ask for no password. PostgreSQL refuses to run as root: started by root it runs as the system user
`embedded_postgres`, made when missing, and the folders above its data and its programs are opened for passing
through (o+x, not for reading) where they were closed.
"""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from config.embedded.postgres import PostgresServer
from config.embedded.sharing import join
from config.embedded.valkey import ValkeyServer


@dataclass(frozen=True)
class Postgres:
    """The addresses of one database, for the role that owns nothing, for its owner, and for the superuser."""

    url: str
    owner_url: str
    superuser_url: str


@dataclass(frozen=True)
class Valkey:
    url: str


def start_postgres(data_dir: Path) -> Postgres:
    """Return the addresses of the PostgreSQL that keeps its data in `data_dir`, and start it where needed.

    :raises ServerDidNotStart: with the end of the server's log
    """
    server = PostgresServer(data_dir)
    join(server)
    host = quote(str(server.socket.parent), safe="")
    return Postgres(
        url=f"postgres://tributary_app@{host}:5432/tributary",
        owner_url=f"postgres://tributary_owner@{host}:5432/tributary",
        superuser_url=f"postgres://postgres@{host}:5432/tributary",
    )


def start_valkey(data_dir: Path) -> Valkey:
    """Return the address of the Valkey that keeps its data in `data_dir`, and start it where needed.

    :raises ServerDidNotStart: with the end of the server's log
    """
    server = ValkeyServer(data_dir)
    join(server)
    return Valkey(url=f"unix://{quote(str(server.socket))}?db=0")
