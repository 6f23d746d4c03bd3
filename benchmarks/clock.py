"""What steps measure their time with."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Clock:
    """The seconds of what is inside `with clock:`, summed up."""

    def __init__(self) -> None:
        self.seconds = 0.0

    @contextmanager
    def __call__(self) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds += time.perf_counter() - began
