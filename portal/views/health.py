"""Two questions of whoever runs this: does the process live, and can it do its work."""

from collections.abc import Callable

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

PATIENCE = 2  # Seconds that the queue may take to answer.


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process lives; nothing else is asked."""
    return HttpResponse("ok", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Database, queue and migrations are in order; else 503 with what is not."""
    wrong = {name: problem for name, look in LOOKS.items() if (problem := look())}
    return JsonResponse({"ready": not wrong, "wrong": wrong}, status=503 if wrong else 200)


def _look_at_database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "cannot be reached"
    return ""


def _look_at_queue() -> str:
    try:
        with redis.from_url(settings.REDIS_URL, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE) as queue:
            queue.ping()
    except (redis.RedisError, OSError):
        return "cannot be reached"
    return ""


def _look_at_migrations() -> str:
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "not known without the database"
    return f"{len(plan)} to apply, the first is {plan[0][0]}" if plan else ""


LOOKS: dict[str, Callable[[], str]] = {
    "database": _look_at_database,
    "queue": _look_at_queue,
    "migrations": _look_at_migrations,
}
