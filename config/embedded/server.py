"""What the two embedded servers have in common: where they live, and how one is found, started and ended."""

import hashlib
import os
import pwd
import signal
import socket
import stat
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

START_TIMEOUT = 120.0  # Seconds; what takes long is PostgreSQL's recovery after a crash.
STOP_TIMEOUT = 60.0
LONGEST_SOCKET_PATH = 103  # Bytes: Linux takes 107, macOS 103.


class ServerDidNotStart(RuntimeError):
    """An embedded server is not there; the message says why and what to do."""


class Server(ABC):
    """One server; its methods are called with its gate held."""

    name: str
    package: str
    program: str
    socket_name: str

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir.resolve()
        self.home = self.data_dir / self.name
        self.data = self.home / "data"
        self.log = self.home / "server.log"
        self.gate = self.data_dir / f"{self.name}.gate"
        self.users = self.data_dir / f"{self.name}.users"
        self.socket = self.home / self.socket_name
        # PostgreSQL and its clients read a comma as the start of a second folder.
        if len(os.fsencode(self.socket)) > LONGEST_SOCKET_PATH or "," in str(self.socket):
            # Not TMPDIR, which may differ between the processes that are to meet here.
            digest = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]
            self.socket = Path("/tmp") / f"tributary-{digest}" / self.socket_name  # noqa: S108

    def ensure_running(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while not (answer := self.answers()):
            if time.monotonic() > deadline:
                raise self.failure(f"no answer for {START_TIMEOUT:.0f} seconds.")
            if answer is None:
                time.sleep(0.02)
            else:
                self.end_strays()
                self.make_folders()
                self.launch()
        self.prepare()

    def answers(self) -> bool | None:
        """Return whether the server is there and ready; None while it is on its way up or down."""
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(5)
            try:
                client.connect(str(self.socket))
                return self.is_ready(client) or None
            except (FileNotFoundError, ConnectionRefusedError):
                return False
            except PermissionError:
                raise self.failure(f"{self.socket.parent} belongs to another user; set DATA_DIR.") from None
            except OSError:
                return None

    @abstractmethod
    def is_ready(self, client: socket.socket) -> bool: ...

    @abstractmethod
    def launch(self) -> None:
        """Start the server, which does not run, and leave it to run without this process."""

    def prepare(self) -> None:  # noqa: B027 - a queue needs nothing
        """Make what the application expects to find in a server that is ready."""

    def stop(self) -> None:
        deadline = time.monotonic() + STOP_TIMEOUT
        if self.answers() is not False:
            self.ask_to_stop()
            while not self.has_stopped() and time.monotonic() < deadline:
                time.sleep(0.02)
        if self.socket.parent != self.home:
            with suppress(OSError):  # Not empty: the server left something, and still uses it.
                self.socket.parent.rmdir()

    @abstractmethod
    def ask_to_stop(self) -> None: ...

    @abstractmethod
    def has_stopped(self) -> bool: ...

    @property
    def runs_as(self) -> pwd.struct_passwd:
        return pwd.getpwuid(os.geteuid())

    def make_folders(self) -> None:
        owner = self.runs_as
        for folder in (self.home, self.socket.parent):
            with suppress(FileExistsError):
                folder.mkdir(mode=0o700)
                os.chown(folder, owner.pw_uid, owner.pw_gid)
            found = folder.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner.pw_uid:
                raise self.failure(f"{folder} is not a folder of {owner.pw_name}; set another DATA_DIR.")
            folder.chmod(0o700)
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".log.1"))

    def end_strays(self) -> None:
        """End a server of ours that is alive and out of reach: its folder or its socket was removed."""
        import psutil  # Comes with the PostgreSQL wheel.

        strays = [
            process
            for process in psutil.process_iter(["name", "cmdline"])
            if process.info["name"] == self.program
            and any(word.rstrip().endswith(self.mark) for word in process.info["cmdline"] or [])
        ]
        # Without its folder a server cannot shut down in order, and has nothing left to save.
        for end in (signal.SIGINT, signal.SIGKILL) if self.data.exists() else (signal.SIGKILL,):
            for process in strays:
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(end)
            _, strays = psutil.wait_procs(strays, timeout=STOP_TIMEOUT)

    @property
    @abstractmethod
    def mark(self) -> str:
        """What a word of the server's command line ends with, and no other server's does."""

    @property
    def package_dir(self) -> Path:
        """Where the wheel lies. It is not imported: its modules make locks and folders of their own."""
        spec = find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            raise ServerDidNotStart(
                f"The embedded {self.name} is not installed: run `make setup`, or set DATABASE_URL and "
                "REDIS_URL to servers of your own (.env.example explains them)."
            )
        return Path(spec.submodule_search_locations[0])

    def failure(self, reason: str) -> ServerDidNotStart:
        tail: list[str] = []
        with suppress(OSError):
            tail = self.log.read_text(errors="replace").splitlines()[-15:]
        return ServerDidNotStart(
            "\n".join([f"The embedded {self.name} did not start: {reason}", *tail, f"Log: {self.log}"])
        )
