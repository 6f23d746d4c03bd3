"""HubSpot as it documents its CRM API v3 for deals."""

from typing import Any

from tests.integrations.crm.standin import Call, Crm, Deal, Json, Missing, Wrong, iso, need, only

KEY = "tributary_lead"
STAGES = (
    ("appointmentscheduled", "Appointment scheduled", "0.2", "false"),
    ("qualifiedtobuy", "Qualified to buy", "0.4", "false"),
    ("presentationscheduled", "Presentation scheduled", "0.6", "false"),
    ("decisionmakerboughtin", "Decision maker bought-in", "0.8", "false"),
    ("contractsent", "Contract sent", "0.9", "false"),
    ("closedwon", "Closed won", "1.0", "true"),
    ("closedlost", "Closed lost", "0.0", "true"),
)
DEALS = "/crm/v3/objects/deals"


class HubSpot(Crm):
    def __init__(self) -> None:
        super().__init__(token="pat-na1-secret")
        self.properties: dict[str, dict[str, Any]] = {
            name: {"name": name, "label": label, "type": kind, "fieldType": form, "hasUniqueValue": False}
            | {"hidden": False, "calculated": False, "modificationMetadata": {"readOnlyValue": fixed}}
            for name, label, kind, form, fixed in (
                ("dealname", "Deal name", "string", "text", False),
                ("description", "Deal description", "string", "textarea", False),
                ("contact_name", "Contact name", "string", "text", False),
                ("seats", "Seats", "number", "number", False),
                ("hs_lastmodifieddate", "Last modified", "datetime", "date", True),
                ("hs_object_id", "Record ID", "number", "number", True),
                ("dealtype", "Deal type", "enumeration", "select", False),
            )
        }
        self.page = 100
        self.merged: dict[str, str] = {}  # What became of which.

    def is_write(self, call: Call) -> bool:
        return call.method == "PATCH" or call.path.endswith("/upsert")

    def says(self, status: int, said: str) -> Json:
        return {"status": "error", "message": said, "correlationId": "c", "category": "VALIDATION_ERROR"}

    def answer(self, call: Call) -> tuple[int, Json]:
        if call.headers.get("authorization") != f"Bearer {self.token}":
            raise Wrong(401, "Authentication credentials not found.")
        parts = call.path.strip("/").split("/")
        match (call.method, parts):
            case ("GET", ["account-info", "v3", "details"]):
                return 200, {"portalId": 62515, "uiDomain": "app-eu1.hubspot.com", "accountType": "STANDARD"}
            case ("GET", ["crm", "v3", "pipelines", "deals"]):
                return 200, {"results": [self._pipeline()]}
            case ("GET", ["crm", "v3", "properties", "deals"]):
                return 200, {"results": list(self.properties.values())}
            case ("GET", ["crm", "v3", "properties", "deals", name]):
                if name not in self.properties:
                    raise Missing("no such property")
                return 200, self.properties[name]
            case ("POST", ["crm", "v3", "properties", "deals"]):
                return 201, self._make_property(call.body)
            case ("POST", ["crm", "v3", "objects", "deals", "search"]):
                return 200, self._search(call.body)
            case ("POST", ["crm", "v3", "objects", "deals", "batch", "upsert"]):
                return 200, self._upsert(call.body)
            case ("GET", ["crm", "v3", "objects", "deals", known_id]):
                return 200, self._read(call, known_id)
            case ("PATCH", ["crm", "v3", "objects", "deals", known_id]):
                only(call.body, "properties")
                deal = self._deal(known_id)
                self._write(deal, call.body["properties"])
                return 200, self._shown(deal)
        raise Wrong(404, "resource not found")

    def _pipeline(self) -> Json:
        stages = [
            {"id": key, "label": label, "displayOrder": n, "metadata": {"isClosed": closed, "probability": chance}}
            for n, (key, label, chance, closed) in enumerate(STAGES)
        ]
        return {"id": "default", "label": "Sales Pipeline", "displayOrder": 0, "stages": stages}

    def _make_property(self, body: Json) -> Json:
        only(body, "name", "label", "groupName", "type", "fieldType", "hasUniqueValue")
        need({"name", "label", "groupName", "type", "fieldType"} <= set(body), "required fields are missing")
        need(body["groupName"] == "dealinformation", "no such group")
        need(body["name"] not in self.properties, "it exists", 409)
        self.properties[body["name"]] = {"modificationMetadata": {"readOnlyValue": False}, **body}
        return self.properties[body["name"]]

    def merge(self, primary: Deal, other: Deal) -> Deal:
        """Somebody makes one deal of two: it is a new one, and who asks for one of the two is told of it."""
        made = self.add({**other.values, **{name: value for name, value in primary.values.items() if value}}, "")
        made.stage, made.stage_at = primary.stage, primary.stage_at
        for deal in (primary, other):
            deal.is_gone = True
            self.merged[deal.id] = made.id
        return made

    def _deal(self, known_id: str, *, reads: bool = False) -> Deal:
        deal = self.kept(self.merged.get(known_id, known_id) if reads else known_id)
        if deal is None:
            raise Missing("resource not found")
        return deal

    def _read(self, call: Call, known_id: str) -> Json:
        only(call.query, "properties", "propertiesWithHistory")
        deal = self._deal(known_id, reads=True)
        shown = self._shown(deal, call.query.get("properties", "").split(","))
        if call.query.get("propertiesWithHistory") == "dealstage":
            moment = {"value": deal.stage, "timestamp": iso(deal.stage_at), "sourceType": "CRM_UI"}
            shown["propertiesWithHistory"] = {"dealstage": [moment]}
        return shown

    def _upsert(self, body: Json) -> Json:
        only(body, "inputs")
        need(len(body["inputs"]) == 1, "one at a time here")
        given = body["inputs"][0]
        only(given, "idProperty", "id", "properties")
        about = self.properties.get(given["idProperty"])
        need(about is not None and about.get("hasUniqueValue"), "idProperty must be unique")
        found = [deal for deal in self.deals.values() if deal.values.get(KEY) == given["id"] and not deal.is_gone]
        need(given["properties"].get(KEY) == given["id"], "the id property differs")
        if found:
            deal = found[0]
            self._write(deal, given["properties"])
        else:
            need(given["properties"].get("dealname") and given["properties"].get("dealstage"), "required properties")
            deal = self.add({}, "")
            self._write(deal, given["properties"])
        return {"status": "COMPLETE", "results": [self._shown(deal) | {"new": not found}]}

    def _write(self, deal: Deal, said: dict[str, Json]) -> None:
        need(all(isinstance(value, str) for value in said.values()), "values are texts")
        values = {name: value for name, value in said.items() if name not in ("dealstage", "pipeline")}
        for name in values:
            need(name in self.properties, f'Property "{name}" does not exist')
        stage = said.get("dealstage", "")
        need(not stage or stage in [key for key, *_ in STAGES], f'"{stage}" is not a valid stage')
        need(not stage or said.get("pipeline") == "default", "no such pipeline")
        self.put(deal, values, stage)

    def _shown(self, deal: Deal, names: list[str] | None = None) -> Json:
        known = deal.values | {"dealstage": deal.stage, "hs_lastmodifieddate": iso(deal.updated)}
        shown = {name: known.get(name) for name in names if name} if names else known
        return {
            "id": deal.id,
            "properties": shown,
            "createdAt": iso(deal.added),
            "updatedAt": iso(deal.updated),
            "archived": False,
        }

    def _search(self, body: Json) -> Json:
        only(body, "filterGroups", "sorts", "properties", "limit", "after")
        need(body["limit"] <= 200, "limit")
        first, second = body["filterGroups"][0]["filters"]
        need((first["propertyName"], first["operator"]) == ("hs_lastmodifieddate", "GTE"), "filter")
        need((second["propertyName"], second["operator"]) == (KEY, "HAS_PROPERTY"), "filter")
        need(body["sorts"] == [{"propertyName": "hs_lastmodifieddate", "direction": "ASCENDING"}], "sorts")
        since, begin = int(first["value"]), int(body.get("after", 0))
        found = [
            deal
            for deal in sorted(self.deals.values(), key=lambda deal: deal.updated)
            if deal.updated.timestamp() * 1000 >= since and deal.values.get(KEY) and not deal.is_gone
        ]
        size = min(body["limit"], self.page)
        said: dict[str, Json] = {
            "total": len(found),
            "results": [self._shown(deal, body["properties"]) for deal in found[begin : begin + size]],
        }
        if begin + size < len(found):
            said["paging"] = {"next": {"after": str(begin + size), "link": "?after=…"}}
        return said
