"""Sessions lie in PostgreSQL, with a copy in Redis that answers sooner."""

from typing import Any

from django.conf import settings
from django.contrib.sessions.backends import cached_db, db
from django.core.cache import caches
from redis.exceptions import RedisError


class SessionStore(cached_db.SessionStore):
    """Where Redis does not answer, PostgreSQL alone does: who is signed in still reads."""

    def load(self) -> dict[str, Any]:
        try:
            return super().load()
        except RedisError:
            return db.SessionStore.load(self)

    def delete(self, session_key: str | None = None) -> None:
        """End a session, its copy first: one that stayed would let somebody in again whose session is gone.

        :raises RedisError: Redis does not answer; nothing is ended
        """
        key = session_key or self.session_key
        if key is not None:
            caches[settings.SESSION_CACHE_ALIAS].delete(self.cache_key_prefix + key)
            super().delete(key)
