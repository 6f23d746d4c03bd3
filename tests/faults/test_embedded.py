"""The embedded servers with real processes, each test in a data directory of its own."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
import psycopg2.errors
import pytest
import redis

from config.embedded import server as embedded_server
from config.embedded.postgres import PostgresServer
from config.embedded.server import ServerDidNotStart

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 60.0

USE_THE_SERVERS = """
import dataclasses, json, os, sys
from pathlib import Path
from config.embedded import start_postgres, start_valkey

postgres, valkey = start_postgres(Path(sys.argv[1])), start_valkey(Path(sys.argv[1]))
print(json.dumps({**dataclasses.asdict(postgres), "valkey": valkey.url}), flush=True)
"""
WAIT_FOR_THE_END = USE_THE_SERVERS + "sys.stdin.read()"
FORK_A_CHILD_AND_WAIT = (
    USE_THE_SERVERS
    + """
import multiprocessing
child = multiprocessing.get_context("fork").Process(target=int)
child.start(), child.join()
if os.fork() == 0:
    sys.exit()  # Runs its own exit functions, unlike multiprocessing's children.
os.wait()
print("the children have gone", flush=True)
sys.stdin.read()
"""
)
LEAVE_A_CHILD_BEHIND = (
    USE_THE_SERVERS
    + """
if os.fork() == 0:
    sys.stdin.read()
"""
)


@dataclass(frozen=True)
class User:
    """A process that uses both servers until its standard input ends."""

    process: subprocess.Popen[str]

    def line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline()

    def addresses(self) -> dict[str, str]:
        """Return the servers' addresses, once it has them."""
        found: dict[str, str] = json.loads(self.line() or "{}")
        return found

    def leave(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        assert self.process.wait(PATIENCE) == 0

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE)


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """Return a folder with a space in its name that only its owner may enter."""
    with tempfile.TemporaryDirectory(prefix="tributary test ") as folder:
        yield Path(folder) / "data"


@pytest.fixture
def use(data_dir: Path) -> Iterator[Callable[..., User]]:
    with ExitStack() as processes:

        def start(program: str = WAIT_FOR_THE_END, folder: Path = data_dir) -> User:
            arguments = [sys.executable, "-c", program, str(folder)]
            process = subprocess.Popen(arguments, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            processes.callback(process.wait, PATIENCE)
            processes.push(process)
            return User(process)

        yield start


@contextmanager
def connected(url: str) -> Iterator[Any]:
    """Return a cursor that commits each statement."""
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield cursor


def valkey_info(url: str, name: str) -> Any:
    with closing(redis.Redis.from_url(url)) as client:
        return client.info()[name]


def postmaster(data_dir: Path) -> int:
    return int((data_dir / "postgres" / "data" / "postmaster.pid").read_text().split()[0])


def both_run(addresses: dict[str, str]) -> bool:
    try:
        with connected(addresses["url"]):
            return int(valkey_info(addresses["valkey"], "process_id")) > 0
    except (psycopg2.OperationalError, redis.ConnectionError):
        return False


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def has_ended(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and ") Z " in state.read_text()


def test_eight_at_once_share_one_server_and_the_last_one_out_stops_it(use: Callable[..., User], data_dir: Path) -> None:
    users = [use() for _ in range(8)]
    answers = [user.addresses() for user in users]
    assert len({json.dumps(answer) for answer in answers}) == 1
    addresses, first_pid = answers[0], postmaster(data_dir)
    assert both_run(addresses)

    for user in users[:-1]:
        user.leave()
    assert both_run(addresses)
    assert postmaster(data_dir) == first_pid

    users[-1].leave()
    assert not both_run(addresses)
    assert not (data_dir / "postgres" / "data" / "postmaster.pid").exists()


def test_eight_that_leave_at_once_leave_nothing_running(use: Callable[..., User], data_dir: Path) -> None:
    users = [use() for _ in range(8)]
    addresses, *_ = [user.addresses() for user in users]
    for user in users:
        assert user.process.stdin
        user.process.stdin.close()
    for user in users:
        assert user.process.wait(PATIENCE) == 0
    assert not both_run(addresses)


def test_one_that_comes_while_the_last_one_leaves_has_its_servers(use: Callable[..., User]) -> None:
    leaving = use()
    leaving.addresses()
    for _ in range(6):
        assert leaving.process.stdin
        leaving.process.stdin.close()
        coming = use()
        addresses = coming.addresses()
        assert leaving.process.wait(PATIENCE) == 0
        assert both_run(addresses)
        leaving = coming


def test_data_survives_a_stop_and_a_start(use: Callable[..., User]) -> None:
    user = use()
    addresses = user.addresses()
    with connected(addresses["owner_url"]) as cursor:
        cursor.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    with closing(redis.Redis.from_url(addresses["valkey"])) as client:
        client.set("kept", "42")
    user.leave()

    user = use()
    assert user.addresses() == addresses
    with connected(addresses["owner_url"]) as cursor:
        cursor.execute("SELECT answer FROM kept")
        assert cursor.fetchall() == [(42,)]
    with closing(redis.Redis.from_url(addresses["valkey"])) as client:
        assert client.get("kept") == b"42"


def test_servers_of_a_killed_user_are_joined_by_the_next_and_stopped_by_it(
    use: Callable[..., User], data_dir: Path
) -> None:
    killed = use()
    addresses = killed.addresses()
    pid, queue_pid = postmaster(data_dir), valkey_info(addresses["valkey"], "process_id")
    killed.kill()
    assert both_run(addresses)

    user = use()
    assert user.addresses() == addresses
    assert (postmaster(data_dir), valkey_info(addresses["valkey"], "process_id")) == (pid, queue_pid)
    user.leave()
    assert not both_run(addresses)


def test_killed_servers_are_started_again_with_what_was_committed(use: Callable[..., User], data_dir: Path) -> None:
    witness = use()
    addresses = witness.addresses()
    with connected(addresses["owner_url"]) as cursor:
        cursor.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    killed = postmaster(data_dir)
    os.kill(valkey_info(addresses["valkey"], "process_id"), signal.SIGKILL)
    os.kill(killed, signal.SIGKILL)

    user = use()
    assert user.addresses() == addresses
    assert postmaster(data_dir) != killed
    with connected(addresses["url"]) as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relname = 'kept'")
        assert cursor.fetchall() == [(1,)]
    user.leave()
    assert both_run(addresses)  # The witness still uses them.


def test_a_dead_servers_pid_that_is_anothers_by_now_is_no_obstacle(use: Callable[..., User], data_dir: Path) -> None:
    user = use()
    addresses = user.addresses()
    pid_file = data_dir / "postgres" / "data" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    os.kill(int(lines[0]), signal.SIGKILL)
    user.kill()
    wait_until(lambda: has_ended(int(lines[0])))
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")

    assert use().addresses() == addresses
    assert both_run(addresses)


@pytest.mark.parametrize("delay", [0.2, 0.5, 0.8, 1.1, 1.4])
def test_a_kill_in_the_middle_of_the_first_start_leaves_nothing_half_made(
    use: Callable[..., User], delay: float
) -> None:
    killed = use()
    time.sleep(delay)
    killed.kill()

    user = use()
    addresses = user.addresses()
    assert both_run(addresses)
    user.leave()
    assert not both_run(addresses)


def test_forked_children_do_not_stop_what_their_parent_uses(use: Callable[..., User]) -> None:
    parent = use(FORK_A_CHILD_AND_WAIT)
    addresses = parent.addresses()
    assert parent.line() == "the children have gone\n"
    assert both_run(addresses)
    parent.leave()
    assert not both_run(addresses)


def test_a_forked_child_that_outlives_its_parent_keeps_the_servers(use: Callable[..., User]) -> None:
    parent = use(LEAVE_A_CHILD_BEHIND)
    addresses = parent.addresses()
    assert parent.process.wait(PATIENCE) == 0
    assert both_run(addresses)
    parent.leave()
    wait_until(lambda: not both_run(addresses))


def test_a_removed_folder_is_made_anew_and_its_old_user_leaves_the_new_servers_alone(
    use: Callable[..., User], data_dir: Path
) -> None:
    old_user = use()
    addresses = old_user.addresses()
    with connected(addresses["owner_url"]) as cursor:
        cursor.execute("CREATE TABLE removed ()")
    pids = [postmaster(data_dir), valkey_info(addresses["valkey"], "process_id")]
    shutil.rmtree(data_dir)

    assert use().addresses() == addresses
    assert all(has_ended(pid) for pid in pids)
    old_user.leave()
    assert both_run(addresses)
    with connected(addresses["owner_url"]) as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relname = 'removed'")
        assert cursor.fetchall() == [(0,)]


@pytest.mark.parametrize("name", ["d" * 120, "one, two", "per%cent#hash?"])
def test_a_folder_whose_name_is_long_or_odd_works(use: Callable[..., User], data_dir: Path, name: str) -> None:
    user = use(folder=data_dir / name)
    addresses = user.addresses()
    assert both_run(addresses)
    with connected(addresses["superuser_url"]) as cursor:
        cursor.execute("SHOW unix_socket_directories")
        folder = Path(cursor.fetchone()[0].strip('"'))
    assert folder.stat().st_mode & 0o777 == 0o700
    user.leave()
    wait_until(lambda: not folder.exists() or folder.is_relative_to(data_dir))


def test_the_applications_role_owns_nothing_and_makes_no_tables(use: Callable[..., User]) -> None:
    addresses = use().addresses()
    with connected(addresses["url"]) as cursor:
        with pytest.raises(psycopg2.errors.InsufficientPrivilege, match="schema public"):
            cursor.execute("CREATE TABLE public.refused ()")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege, match="create database"):
            cursor.execute("CREATE DATABASE refused")
        cursor.execute("CREATE TEMPORARY TABLE allowed ()")
        cursor.execute("SELECT count(*) FROM pg_class WHERE relname = 'refused'")
        assert cursor.fetchall() == [(0,)]


def test_the_owner_makes_tables_and_databases_and_is_no_superuser(use: Callable[..., User]) -> None:
    addresses = use().addresses()
    with connected(addresses["owner_url"]) as cursor:
        cursor.execute("CREATE TABLE public.allowed ()")
        cursor.execute("CREATE DATABASE test_tributary")
        cursor.execute("SELECT rolsuper, rolcreaterole, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchall() == [(False, False, False)]


def test_text_is_utf_8_whatever_the_callers_locale(use: Callable[..., User]) -> None:
    addresses = use().addresses()
    with connected(addresses["url"]) as cursor:
        cursor.execute(
            "SELECT pg_encoding_to_char(encoding), datlocprovider, datlocale"
            " FROM pg_database WHERE datname = current_database()"
        )
        assert cursor.fetchall() == [("UTF8", "b", "C.UTF-8")]
        cursor.execute("SELECT lower('ÄÖ'), current_setting('fsync'), current_setting('listen_addresses')")
        assert cursor.fetchall() == [("äö", "on", "")]


def test_a_server_that_does_not_start_shows_the_end_of_its_log_and_where_it_lies(
    use: Callable[..., User], data_dir: Path
) -> None:
    user = use()
    user.addresses()
    user.leave()
    (data_dir / "postgres" / "data" / "PG_VERSION").write_text("9.1\n")

    arguments = [sys.executable, "-c", USE_THE_SERVERS, str(data_dir)]
    refused = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert "database files are incompatible with server" in refused.stderr
    assert refused.stderr.endswith(f"Log: {data_dir / 'postgres' / 'server.log'}\n")


def test_a_missing_wheel_names_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch, data_dir: Path) -> None:
    monkeypatch.setattr(embedded_server, "find_spec", lambda name: None)
    with pytest.raises(ServerDidNotStart, match="make setup"):
        _ = PostgresServer(data_dir).programs
