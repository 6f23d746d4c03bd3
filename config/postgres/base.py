"""Django's PostgreSQL, with connections that are looked at before a page uses them, not asked."""

from select import POLLIN, poll

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    def is_usable(self) -> bool:
        """Whether a kept connection still lives.

        A server that ended it has said so: there is something to read. Only then, and after an error, it is
        asked as Django asks it each time, with a statement that costs a page as much as another of its own.
        """
        if self.connection is None or self.connection.closed or self.errors_occurred:
            return super().is_usable()
        waiting = poll()
        waiting.register(self.connection.fileno(), POLLIN)
        return not waiting.poll(0) or super().is_usable()
