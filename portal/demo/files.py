"""The demo's facts as the files of a program: one delivery after the other, and the whole as it stands."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from clients.files import open_tables
from clients.recording.columns import KINDS
from clients.recording.problems import Problems
from clients.services.record_facts import Recorded, record_facts
from portal.demo.billing import Fact, billed
from portal.demo.days import day_of
from portal.demo.draft import ClientDraft, Draft

DELIVERIES = "deliveries"
DELIVERED_ON = (1, 11)  # Days of each month on which billing exports what is new.
DELIVERED_AT = 6, 30
# The services of the program say who was terminated; files without these columns leave that alone.
LEFT_OUT = {"terminated_on", "terminated_by"}


@dataclass(frozen=True, slots=True)
class Delivery:
    """A folder of files with what became known up to a day."""

    folder: Path
    at: datetime
    facts: list[Fact]


def write_program(draft: Draft, folder: Path, *, won: set[str]) -> list[Delivery]:
    """This function will write the program's files, and each delivery's, and give the deliveries.

    `won` are the keys of clients that come from leads: the portal makes them, so deliveries leave them out.
    """
    money = billed(draft)
    _write(folder, [*_partners(draft), *_clients_as_they_stand(draft), *money])
    news = [*_partners(draft), *_news_of_clients(draft, won), *money]
    news.sort(key=lambda fact: fact.known_on)
    result = []
    for at, until in _times(draft):
        facts = [fact for fact in news if fact.known_on <= until]
        news = news[len(facts) :]
        delivery = Delivery(folder / DELIVERIES / f"{draft.days.day(at)}", at, facts)
        if facts:
            _write(delivery.folder, facts)
            result.append(delivery)
    return result


def record(delivery: Delivery, at: datetime) -> Recorded:
    """This function will record a delivery, as `import_program` would.

    :raises FactsRefused: which would be a mistake of the demo's own
    """
    problems = Problems()
    tables = open_tables(delivery.folder, problems, lambda position: None)
    return record_facts(tables=tables, problems=problems, source=f"billing, {delivery.folder.name}", by=None, at=at)


def _times(draft: Draft) -> Iterator[tuple[datetime, date]]:
    """When each delivery comes, and the last day of which it tells; the newest one comes now."""
    days = draft.days
    for month in days.all():
        for number in DELIVERED_ON:
            day = day_of(month, number)
            if day < days.today:
                yield days.at(day, *DELIVERED_AT), day - timedelta(days=1)
    yield days.now, days.today


def _partners(draft: Draft) -> Iterator[Fact]:
    for partner in draft.partners:
        values = {
            "partner": partner.key,
            "name": partner.name,
            "kind": partner.kind.value,
            "email": f"hello@{partner.domain}",
            "joined_on": str(partner.joined_on),
        }
        yield Fact("partners", partner.key, partner.joined_on, values)


def _clients_as_they_stand(draft: Draft) -> Iterator[Fact]:
    for client in draft.clients:
        if client.closed_on <= draft.days.today:
            yield _client(client, draft.days.today)


def _news_of_clients(draft: Draft, won: set[str]) -> Iterator[Fact]:
    for client in draft.clients:
        if client.key not in won:
            yield _client(client, client.closed_on)
        for day in (client.canceled_on, client.moved_on):
            if day is not None:
                yield _client(client, day)


def _client(client: ClientDraft, on: date) -> Fact:
    """What master data said of a client on a day."""
    has_moved = client.moved_on is not None and client.moved_on <= on
    is_canceled = client.canceled_on is not None and client.canceled_on <= on
    values = {
        "client": client.key,
        "partner": client.moves_to if has_moved else client.partner,
        "name": client.name,
        "domain": client.domain,
        "closed_on": str(client.closed_on),
        "canceled_on": str(client.canceled_on) if is_canceled else "",
    }
    return Fact("clients", client.key, on, values)


def _write(folder: Path, facts: Iterable[Fact]) -> None:
    """This function will write the files of a folder; of several rows with one key the last one holds."""
    rows: dict[str, dict[str, dict[str, str]]] = {kind: {} for kind in KINDS}
    for fact in facts:
        rows[fact.kind][fact.key] = fact.values
    folder.mkdir(parents=True, exist_ok=True)
    for kind, columns in KINDS.items():
        path = folder / f"{kind}.csv"
        path.unlink(missing_ok=True)
        if rows[kind]:
            names = [column.name for column in columns if column.name not in LEFT_OUT]
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, names)
                writer.writeheader()
                writer.writerows(rows[kind].values())
