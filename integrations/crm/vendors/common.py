"""What the three CRMs have in common: one small interface, and three ways in which a call can fail."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Protocol

from parts.formats import plain

KEY_LABEL = "Tributary lead"  # The field of a deal that holds the number of our lead.
MOST_WORDS = 300
Value = str | int | None


class Kind(StrEnum):
    HUBSPOT = "hubspot"
    PIPEDRIVE = "pipedrive"
    ZOHO = "zoho"


class CrmFailed(Exception):
    """A call that did not work; the message is for people."""


class TryAgain(CrmFailed):
    """It may work later: no answer, an answer that makes no sense, or too many calls (`after` so many seconds)."""

    def __init__(self, said: str, *, after: int | None = None) -> None:
        super().__init__(said)
        self.after = after


class Refused(CrmFailed):
    """It will not work like that; the message has the CRM's own words."""


class NotSignedIn(CrmFailed):
    """The CRM does not accept the credentials any more."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who we are there; `place` is what addresses of deals are made of."""

    name: str
    place: dict[str, str]


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of a pipeline there; won and lost are stages too."""

    key: str
    label: str
    is_won: bool = False
    is_lost: bool = False


@dataclass(frozen=True, slots=True)
class Pipeline:
    key: str
    label: str
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a deal that takes a text, or a whole number."""

    key: str
    label: str
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class LeadRecord:
    """What is written of a lead: `stage` as the CRM calls it, "" to leave it; `values` by the CRM's own fields."""

    key: str
    stage: str
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Pushed:
    """Under which id it stands there, and when it was changed by that."""

    id: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Changed:
    """A deal that changed; `key` is the number of our lead that it carries, where no two deals can carry one."""

    id: str
    updated_at: datetime
    key: str = ""


@dataclass(frozen=True, slots=True)
class Theirs:
    """A deal as it stands there; values as text. `stage_at` is since when it is at its stage, where the CRM says so."""

    id: str
    stage: str
    updated_at: datetime
    values: Mapping[str, str] = field(default_factory=dict)
    stage_at: datetime | None = None


class CrmClient(Protocol):
    """All that this door asks of a CRM. Every call raises `TryAgain`, `Refused` or `NotSignedIn`."""

    def account(self) -> Account: ...

    def pipelines(self) -> list[Pipeline]: ...

    def fields(self) -> list[Field]: ...

    def key_field(self) -> str:
        """The field that holds the number of our lead; it is made where it is missing."""

    def push(self, record: LeadRecord, known_id: str) -> Pushed:
        """Write a deal. Without a known id one is made, or found by its key: never a second one."""

    def read(self, known_id: str, fields: list[str]) -> Theirs | None:
        """A deal as it stands; None where it was deleted. One that was merged has the id of what it became."""

    def stage_since(self, theirs: Theirs) -> datetime:
        """Since when a deal is at its stage."""

    def changed_since(self, since: datetime) -> Iterator[Changed]:
        """Deals that changed at that moment or later, ours and perhaps others, in the order of their changes."""

    def now(self) -> datetime | None:
        """What their clock said with the last answer."""

    def close(self) -> None: ...


# -- Reading what came, of which nothing is taken for granted -------------------------------------------------


def record_of(data: Any, *names: str) -> dict[str, Any]:
    """The object at the end of a path.

    :raises TryAgain: there is none
    """
    for name in names:
        data = data.get(name) if isinstance(data, dict) else None
    if not isinstance(data, dict):
        raise odd(".".join(names) or "an object")
    return data


def rows_of(data: Any, *names: str) -> list[dict[str, Any]]:
    """The list of objects at the end of a path.

    :raises TryAgain: there is none
    """
    found = record_of(data, *names[:-1]).get(names[-1])
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise odd(".".join(names))
    return found


def text_of(row: Mapping[str, Any], name: str) -> str:
    """A text or a number as text, "" for none.

    :raises TryAgain: it is something else
    """
    value = row.get(name)
    if isinstance(value, dict):  # Pipedrive and Zoho give some values with their type or name.
        value = value.get("value", value.get("name"))
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise odd(name)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).replace("\0", "")


def id_of(row: Mapping[str, Any], name: str = "id") -> str:
    """An id, which is never blank and never long.

    :raises TryAgain: it is
    """
    found = text_of(row, name)
    if not found or len(found) > 100:
        raise odd(name)
    return found


def moment_of(row: Mapping[str, Any], name: str) -> datetime:
    """A moment as ISO 8601 has it, or Pipedrive's older way, which is UTC.

    :raises TryAgain: it is none
    """
    try:
        found = datetime.fromisoformat(text_of(row, name))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise odd(name) from error


def odd(what: str) -> TryAgain:
    return TryAgain(f"the answer has no {what} that makes sense")


def words(text: str) -> str:
    """What a CRM says, as a line of a page."""
    return plain(text)[:MOST_WORDS]
