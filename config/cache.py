from functools import cached_property
from typing import Any

from django.core.cache.backends import redis
from redis import Redis


class Cache(redis.RedisCache):
    """Django's, with one client where it makes one for each question; a client may be used by many threads."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = KeptClient


class KeptClient(redis.RedisCacheClient):
    def get_client(self, key: object = None, *, write: bool = False) -> Redis:
        return self._kept

    @cached_property
    def _kept(self) -> Redis:
        return super().get_client()
