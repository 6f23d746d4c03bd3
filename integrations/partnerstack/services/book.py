"""What a mapping notes while it goes through the raw rows: what became something here, and what has no place."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from accounts.models import User
from affiliates.models import Program
from clients.recording.columns import KEY, is_day
from integrations.partnerstack.formats import Kind, Row, moment_of
from integrations.partnerstack.models import KEY_LENGTH, RawRow, Unplaced

SOURCE = "PartnerStack"
AT_ONCE = 2000
fits_key = re.compile(KEY).fullmatch


@dataclass
class Book:
    """One mapping: by whom and when, what each kind's rows became, and those without a place with the reason."""

    by: User | None
    at: datetime
    program: Program = field(default_factory=Program.current)
    counts: Counter[tuple[Kind, str]] = field(default_factory=Counter)
    unplaced: list[Unplaced] = field(default_factory=list)

    def rows(self, kind: Kind) -> Iterator[tuple[str, Row]]:
        """Yield the newest rows of a kind with their keys, test rows left out and counted."""
        for raw in RawRow.objects.newest(kind).iterator(AT_ONCE):
            if raw.is_test:
                self.counts[kind, "test"] += 1
            else:
                yield raw.key, json.loads(raw.body)

    def mapped(self, kind: Kind) -> None:
        self.counts[kind, "mapped"] += 1

    def set_aside(self, kind: Kind, key: str, name: str, why: str) -> None:
        """This function will list a row that has no place here."""
        self.counts[kind, "listed"] += 1
        self.unplaced.append(Unplaced(kind=kind, key=key[:KEY_LENGTH], name=name[:200], why=why[:300]))

    def day_of(self, value: object) -> date | None:
        """The day of a time there, in the program's time zone."""
        moment = moment_of(value)
        day = self.program.day(moment) if moment else None
        return day if day and is_day(day.isoformat()) else None
