"""HubSpot: deals through its CRM API v3, signed in with a private app's token."""

from collections.abc import Iterator
from datetime import datetime
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
    odd,
    record_of,
    rows_of,
    text_of,
)  # fmt: skip
from integrations.crm.vendors.session import NOT_FOUND, CrmSession

KEY = "tributary_lead"
DEALS = "/crm/v3/objects/deals"
PROPERTIES = "/crm/v3/properties/deals"
NAME, MODIFIED = "dealname", "hs_lastmodifieddate"
PAGE = 100
MOST_PAGES = 50
TYPES = {"string": ("text", "textarea"), "number": ("number",)}


class HubSpotClient:
    def __init__(self, *, base: str, token: str, pipeline: str = "") -> None:
        self.pipeline = pipeline
        self.session = CrmSession(base, lambda: {"Authorization": f"Bearer {token}"})

    def close(self) -> None:
        self.session.close()

    def now(self) -> datetime | None:
        return self.session.their_now

    def account(self) -> Account:
        found = record_of(self.session.get("/account-info/v3/details").data)
        portal = id_of(found, "portalId")
        return Account(f"HubSpot account {portal}", {"portal": portal, "host": text_of(found, "uiDomain")})

    def pipelines(self) -> list[Pipeline]:
        found = rows_of(self.session.get("/crm/v3/pipelines/deals").data, "results")
        return [
            Pipeline(id_of(row), text_of(row, "label"), tuple(_stage(each) for each in rows_of(row, "stages")))
            for row in found
        ]

    def fields(self) -> list[Field]:
        return [
            Field(id_of(row, "name"), text_of(row, "label"), text_of(row, "type") == "number")
            for row in rows_of(self.session.get(PROPERTIES).data, "results")
            if _can_be_written(row) and text_of(row, "name") not in (NAME, KEY)
        ]

    def key_field(self) -> str:
        found = self.session.get(f"{PROPERTIES}/{KEY}")
        if found.status == NOT_FOUND:
            asked = {
                "name": KEY,
                "label": KEY_LABEL,
                "groupName": "dealinformation",
                "type": "string",
                "fieldType": "text",
                "hasUniqueValue": True,
            }
            self.session.ask("POST", PROPERTIES, body=asked)
        elif record_of(found.data).get("hasUniqueValue") is not True:
            raise Refused(f"HubSpot has a property {KEY} whose values are not unique; remove it and connect again")
        return KEY

    def push(self, record: LeadRecord, known_id: str) -> Pushed:
        said = {name: "" if value is None else str(value) for name, value in record.values.items()}
        if record.stage:
            said |= {"dealstage": record.stage, "pipeline": self.pipeline}
        if known_id:
            answer = self.session.ask("PATCH", f"{DEALS}/{known_id}", body={"properties": said})
            if answer.status == NOT_FOUND:
                raise Refused("HubSpot has no such deal any more")
            return _pushed(record_of(answer.data))
        # The unique property makes it one deal, however often it is asked for.
        inputs = [{"idProperty": KEY, "id": record.key, "properties": said | {KEY: record.key}}]
        answer = self.session.ask("POST", f"{DEALS}/batch/upsert", body={"inputs": inputs})
        rows = rows_of(answer.data, "results")
        if len(rows) != 1:
            raise odd("one result")
        return _pushed(rows[0])

    def read(self, known_id: str, fields: list[str]) -> Theirs | None:
        asked = ",".join(("dealstage", MODIFIED, *fields))
        answer = self.session.get(f"{DEALS}/{known_id}", properties=asked)
        if answer.status == NOT_FOUND or record_of(answer.data).get("archived") is True:
            return None
        found = record_of(answer.data)
        values = record_of(found, "properties")
        return Theirs(
            id_of(found),
            id_of(values, "dealstage"),
            moment_of(found, "updatedAt"),
            {name: text_of(values, name) for name in fields},
        )

    def stage_since(self, theirs: Theirs) -> datetime:
        answer = self.session.get(f"{DEALS}/{theirs.id}", propertiesWithHistory="dealstage")
        if answer.status == NOT_FOUND:
            return theirs.updated_at
        history = rows_of(answer.data, "propertiesWithHistory", "dealstage")
        return max((moment_of(row, "timestamp") for row in history), default=theirs.updated_at)

    def changed_since(self, since: datetime) -> Iterator[Changed]:
        asked: dict[str, Any] = {
            "filterGroups": [
                {
                    "filters": [
                        {"propertyName": MODIFIED, "operator": "GTE", "value": str(int(since.timestamp() * 1000))},
                        {"propertyName": KEY, "operator": "HAS_PROPERTY"},
                    ]
                }
            ],
            "sorts": [{"propertyName": MODIFIED, "direction": "ASCENDING"}],
            "properties": [MODIFIED, KEY],
            "limit": PAGE,
        }
        for _ in range(MOST_PAGES):
            data = self.session.ask("POST", f"{DEALS}/search", body=asked).data
            for row in rows_of(data, "results"):
                key = text_of(record_of(row, "properties"), KEY)
                yield Changed(id_of(row), moment_of(row, "updatedAt"), key)
            following = record_of(data).get("paging")
            if following is None:
                return
            asked["after"] = id_of(record_of(following, "next"), "after")


def _stage(row: dict[str, Any]) -> Stage:
    """Closed ones are won where their probability is 1."""
    metadata = record_of(row, "metadata")
    is_closed = str(metadata.get("isClosed")).lower() == "true"
    chance = text_of(metadata, "probability")
    is_won = is_closed and chance in ("1", "1.0")
    return Stage(id_of(row), text_of(row, "label"), is_won=is_won, is_lost=is_closed and not is_won)


def _can_be_written(row: dict[str, Any]) -> bool:
    about = row.get("modificationMetadata")
    is_fixed = isinstance(about, dict) and about.get("readOnlyValue") is True
    is_odd = is_fixed or row.get("hidden") is True or row.get("calculated") is True
    return not is_odd and text_of(row, "fieldType") in TYPES.get(text_of(row, "type"), ())


def _pushed(row: dict[str, Any]) -> Pushed:
    return Pushed(id_of(row), moment_of(row, "updatedAt"))
