"""Pipedrive: deals through its API v2 (and v1 for who we are), signed in with a person's API token."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from integrations.crm.vendors.common import (
    KEY_LABEL,
    Account,
    Changed,
    Field,
    LeadRecord,
    Pipeline,
    Pushed,
    Refused,
    Stage,
    Theirs,
    id_of,
    moment_of,
    record_of,
    rows_of,
    text_of,
)  # fmt: skip
from integrations.crm.vendors.session import NOT_FOUND, CrmSession

NAME = "title"
# Won and lost are no stages there but how a deal ended; they are told from stages, which are numbers.
WON, LOST = "won", "lost"
ENDS = {WON: Stage(WON, "Won", is_won=True), LOST: Stage(LOST, "Lost", is_lost=True)}
PAGE = 500
MOST_PAGES = 20
MOST_COPIES = 10
TEXTS, NUMBERS = ("varchar", "text"), ("double",)


class PipedriveClient:
    def __init__(self, *, base: str, token: str, pipeline: str = "", key: str = "") -> None:
        self.pipeline, self.key = pipeline, key
        self.session = CrmSession(base, lambda: {"x-api-token": token})

    def close(self) -> None:
        self.session.close()

    def now(self) -> datetime | None:
        return self.session.their_now

    def account(self) -> Account:
        found = record_of(self.session.get("/api/v1/users/me").data, "data")
        company, person = text_of(found, "company_name"), text_of(found, "name")
        return Account(f"{person} of {company}", {"company": id_of(found, "company_domain")})

    def pipelines(self) -> list[Pipeline]:
        stages: dict[str, list[Stage]] = {}
        for row in self._all("/api/v2/stages"):
            stages.setdefault(id_of(row, "pipeline_id"), []).append(Stage(id_of(row), text_of(row, "name")))
        return [
            Pipeline(id_of(row), text_of(row, "name"), (*stages.get(id_of(row), ()), *ENDS.values()))
            for row in self._all("/api/v2/pipelines")
        ]

    def fields(self) -> list[Field]:
        return [
            Field(id_of(row, "field_code"), text_of(row, "field_name"), text_of(row, "field_type") in NUMBERS)
            for row in self._all("/api/v2/dealFields")
            if row.get("is_custom_field") is True
            and text_of(row, "field_type") in (*TEXTS, *NUMBERS)
            and text_of(row, "field_name") != KEY_LABEL
        ]

    def key_field(self) -> str:
        for row in self._all("/api/v2/dealFields"):
            if row.get("is_custom_field") is True and text_of(row, "field_name") == KEY_LABEL:
                return id_of(row, "field_code")
        asked = {"field_name": KEY_LABEL, "field_type": "varchar"}
        made = self.session.ask("POST", "/api/v2/dealFields", body=asked)
        return id_of(record_of(made.data, "data"), "field_code")

    def push(self, record: LeadRecord, known_id: str) -> Pushed:
        said = self._said(record)
        known_id = known_id or self._found(record.key)
        if known_id:
            answer = self.session.ask("PATCH", f"/api/v2/deals/{known_id}", body=said)
            if answer.status == NOT_FOUND:
                raise Refused("Pipedrive has no such deal any more")
        else:
            answer = self.session.ask("POST", "/api/v2/deals", body=said)
        found = record_of(answer.data, "data")
        return Pushed(id_of(found), moment_of(found, "update_time"))

    def read(self, known_id: str, fields: list[str]) -> Theirs | None:
        answer = self.session.get(f"/api/v2/deals/{known_id}")
        if answer.status == NOT_FOUND:
            return None
        found = record_of(answer.data, "data")
        if found.get("is_deleted") is True:
            return None
        custom = record_of({"custom_fields": {}, **found}, "custom_fields")
        stage, stage_at = id_of(found, "status"), f"{text_of(found, 'status')}_time"
        if stage not in ENDS:
            stage, stage_at = id_of(found, "stage_id"), "stage_change_time"
        return Theirs(
            id_of(found),
            stage,
            moment_of(found, "update_time"),
            {name: text_of(found if name == NAME else custom, name) for name in fields},
            moment_of(found, stage_at) if text_of(found, stage_at) else None,
        )

    def stage_since(self, theirs: Theirs) -> datetime:
        return theirs.stage_at or theirs.updated_at

    def changed_since(self, since: datetime) -> Iterator[Changed]:
        asked = {
            "updated_since": since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "sort_by": "update_time",
            "sort_direction": "asc",
            "custom_fields": self.key,  # Five hundred deals with all that people write into them would be no page.
        }
        for row in self._all("/api/v2/deals", **asked):
            yield Changed(id_of(row), moment_of(row, "update_time"))

    def _all(self, path: str, **params: Any) -> Iterator[dict[str, Any]]:
        """Every row of a list, page by page."""
        for _ in range(MOST_PAGES):
            data = self.session.get(path, limit=PAGE, **params).data
            yield from rows_of(data, "data")
            more = record_of(data).get("additional_data")
            cursor = text_of(more, "next_cursor") if isinstance(more, dict) else ""
            if not cursor:
                return
            params["cursor"] = cursor

    def _found(self, key: str) -> str:
        """The deal that carries a lead's number, the oldest one: copies of a deal carry it too.

        The search may not know yet what was made a moment ago, so the newest deals are looked through as well.
        """
        asked: dict[str, Any] = {"term": key, "fields": "custom_fields", "exact_match": "true", "limit": MOST_COPIES}
        items = rows_of(self.session.get("/api/v2/deals/search", **asked).data, "data", "items")
        for known_id in sorted((id_of(record_of(row, "item")) for row in items), key=_number):
            theirs = self.read(known_id, [self.key])
            if theirs is not None and theirs.values[self.key] == key:
                return known_id
        newest: dict[str, Any] = {"sort_by": "add_time", "sort_direction": "desc", "custom_fields": self.key}
        newest["limit"] = PAGE
        rows = rows_of(self.session.get("/api/v2/deals", **newest).data, "data")
        return min((id_of(row) for row in rows if self._key_of(row) == key), key=_number, default="")

    def _key_of(self, row: dict[str, Any]) -> str:
        custom = row.get("custom_fields")
        return text_of(custom, self.key) if isinstance(custom, dict) else ""

    def _said(self, record: LeadRecord) -> dict[str, Any]:
        said: dict[str, Any] = {name: value for name, value in record.values.items() if name == NAME}
        # None clears a field; an empty text is refused.
        custom = {name: value if value != "" else None for name, value in record.values.items() if name != NAME}
        said["custom_fields"] = custom | {self.key: record.key}
        if record.stage in ENDS:
            said |= {"status": record.stage}
        elif record.stage:
            said |= {"status": "open", "stage_id": int(record.stage), "pipeline_id": int(self.pipeline)}
        return said


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() else 0
