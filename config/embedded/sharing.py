"""Who uses a server: each process, by a lock for as long as it lives."""

import atexit
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from config.embedded.server import Server

_held: dict[Path, int] = {}
_for_children: list[dict[Path, int]] = []


def _open_locked(path: Path, kind: int) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)  # Not inherited by programs that are started.
    fcntl.flock(descriptor, kind)
    return descriptor


@contextmanager
def _alone(gate: Path) -> Iterator[None]:
    descriptor = _open_locked(gate, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(descriptor)


def join(server: Server) -> None:
    """Make this process a user of the running server until it ends."""
    if server.users in _held:
        return
    try:
        server.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(server.gate):
            held = _open_locked(server.users, fcntl.LOCK_SH)
            try:
                server.ensure_running()
            except BaseException:
                os.close(held)
                raise
    except PermissionError as error:
        raise server.failure(f"{error}. Set DATA_DIR to a folder of your own.") from error
    _held[server.users] = held
    atexit.register(_leave, server)


def _leave(server: Server) -> None:
    """Stop the server where this process was the last to use it."""
    held = _held.pop(server.users)
    with suppress(OSError), _alone(server.gate):
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)  # Refused while others use it; the last looks again.
        if os.path.samestat(os.fstat(held), server.users.stat()):  # Else the folder is a new one, not ours.
            server.stop()
    os.close(held)


# A lock belongs to a parent and its forked child together, so a child gets one of its own, made by the parent
# beforehand: there is no moment at which a living child has none.


def _before_fork() -> None:
    _for_children.append({users: _open_locked(users, fcntl.LOCK_SH) for users in _held if users.exists()})


def _after_fork_in_parent() -> None:
    for descriptor in _for_children.pop().values():
        os.close(descriptor)


def _after_fork_in_child() -> None:
    own = _for_children.pop()
    for users, descriptor in own.items():
        os.close(_held[users])
        _held[users] = descriptor
    for of_another_child in _for_children:
        for descriptor in of_another_child.values():
            os.close(descriptor)
    _for_children.clear()


os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)
