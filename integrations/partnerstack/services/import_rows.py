"""An import from its first page to its comparison; one at a time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from django.db import connection, transaction

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit
from integrations.partnerstack.formats import READS, Kind
from integrations.partnerstack.models import Import, Reading
from integrations.partnerstack.services.compare import compare
from integrations.partnerstack.services.keep_rows import keep_rows
from integrations.partnerstack.services.map_rows import map_rows
from integrations.partnerstack.services.read_api import Api
from integrations.partnerstack.services.read_files import open_page, saved_pages

IMPORTING = 7_040_061
API = "the API at "
Progress = Callable[[str, int], None]  # Told what is read, and how many rows of it so far.
Clock = Callable[[], datetime]


class ImportIsRunning(Exception):
    """Another import has not ended yet."""


@needs(Right.MANAGE_INTEGRATIONS)
def import_from_api(*, api: Api, by: User | None, clock: Clock, progress: Progress) -> Import:
    """This function will read PartnerStack's API, make of its rows what they are here, and compare what was paid.

    It goes on where an import of the same address was interrupted.

    :raises ApiRefused: the API does not answer, or not as it should; what was read until then is kept
    :raises ImportIsRunning: another import has not ended yet
    """
    with api.session, one_at_a_time():
        source = f"{API}{api.base}"[:200]
        begun = Import.objects.filter(source=source, finished_at=None).order_by("-id").first()
        current = begun or Import.objects.create(source=source, started_at=clock())
        readings = {reading.what: reading for reading in current.readings.all()}
        for what in READS:
            reading = readings.get(what)
            if reading is not None and reading.is_done:
                continue
            rows = reading.rows if reading else 0
            progress(what, rows)
            for page, after in api.pages(what, reading.after if reading else ""):
                kept = keep_rows(
                    of=current, what=what, items=page.items, after=after, is_done=not page.has_more, at=clock()
                )
                progress(what, kept.rows)
        return _finish(current, by, clock, progress)


@needs(Right.MANAGE_INTEGRATIONS)
def import_from_files(*, folder: Path, by: User | None, clock: Clock, progress: Progress) -> Import:
    """This function will do with saved pages what `import_from_api` does with the API's.

    :raises FilesRefused: a file is no page of PartnerStack's; what was read until then is kept
    :raises ImportIsRunning: another import has not ended yet
    """
    with one_at_a_time():
        files = saved_pages(folder)
        current = Import.objects.create(source=f"files of {folder.resolve().name}"[:200], started_at=clock())
        for kind, path in files:
            page = open_page(path)
            kept = keep_rows(of=current, what=kind.value, items=page.items, after="", is_done=True, at=clock())
            progress(kind.value, kept.rows)
        return _finish(current, by, clock, progress)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """This function will let one import run at a time, on whatever machine.

    :raises ImportIsRunning: another one does
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [IMPORTING])
        if cursor.fetchone() != (True,):
            raise ImportIsRunning("Another import from PartnerStack is running; wait until it has ended")
    try:
        yield
    finally:
        if connection.connection is not None and not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [IMPORTING])


def _finish(current: Import, by: User | None, clock: Clock, progress: Progress) -> Import:
    progress("what it is here", 0)
    with transaction.atomic():
        became = map_rows(by=by, at=clock())
        current.counts = {kind.value: _read(current, kind) | became[kind.value] for kind in Kind}
        current.finished_at = clock()
        current.save()
        compare(by=by, at=clock())
        new = sum(each["new"] for each in current.counts.values())
        write_audit(by=by, at=clock(), action="PartnerStack imported", subject=f"import {current.pk}", new_rows=new)
    return current


def _read(current: Import, kind: Kind) -> dict[str, int]:
    readings = Reading.objects.filter(of=current, what__startswith=kind.value)
    return {
        "read": sum(reading.rows for reading in readings),
        "new": sum(reading.new for reading in readings),
    }
