"""Pipedrive as it documents its API v2 (and v1 for the user)."""

import hashlib
from datetime import UTC, datetime
from typing import Any

from tests.integrations.crm.standin import Call, Crm, Deal, Json, Missing, Wrong, need, only

STAGES = ((1, "Lead in"), (2, "Contact made"), (3, "Demo scheduled"), (4, "Demo done"), (5, "Proposal made"))


def moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Pipedrive(Crm):
    def __init__(self) -> None:
        super().__init__(token="5c0ffee5c0ffee5c0ffee5c0ffee5c0ffee5c0ff")
        self.fields: list[dict[str, Any]] = [
            {"field_name": "Title", "field_code": "title", "field_type": "varchar", "is_custom_field": False}
        ]
        for name, kind in (("Contact", "varchar"), ("Seats", "double"), ("Plan", "enum")):
            self._make_field({"field_name": name, "field_type": kind})
        self.page = 500
        self.is_search_behind = False

    def is_write(self, call: Call) -> bool:
        return call.path.startswith("/api/v2/deals") and call.method in ("POST", "PATCH")

    def code(self, name: str) -> str:
        return next(str(each["field_code"]) for each in self.fields if each["field_name"] == name)

    def says(self, status: int, said: str) -> Json:
        return {"success": False, "error": said, "error_info": "Please check developers.pipedrive.com", "data": None}

    def answer(self, call: Call) -> tuple[int, Json]:
        if call.headers.get("x-api-token") != self.token:
            raise Wrong(401, "unauthorized access")
        parts = call.path.strip("/").split("/")
        match (call.method, parts):
            case ("GET", ["api", "v1", "users", "me"]):
                who = {"id": 1, "name": "Sal Seller", "company_name": "Acme", "company_domain": "acme"}
                return 200, {"success": True, "data": who}
            case ("GET", ["api", "v2", "pipelines"]):
                return 200, self._paged(call, [{"id": 1, "name": "Pipeline", "is_deleted": False}])
            case ("GET", ["api", "v2", "stages"]):
                return 200, self._paged(call, [{"id": key, "name": name, "pipeline_id": 1} for key, name in STAGES])
            case ("GET", ["api", "v2", "dealFields"]):
                return 200, self._paged(call, self.fields)
            case ("POST", ["api", "v2", "dealFields"]):
                only(call.body, "field_name", "field_type")
                return 201, {"success": True, "data": self._make_field(call.body)}
            case ("GET", ["api", "v2", "deals"]):
                return 200, self._list(call)
            case ("GET", ["api", "v2", "deals", "search"]):
                return 200, self._search(call)
            case ("GET", ["api", "v2", "deals", known_id]):
                return 200, {"success": True, "data": self._shown(self._deal(known_id, gone_too=True))}
            case ("POST", ["api", "v2", "deals"]):
                need(call.body.get("title"), "title is required")
                deal = self.add({}, "1")
                self._write(deal, call.body)
                return 201, {"success": True, "data": self._shown(deal)}
            case ("PATCH", ["api", "v2", "deals", known_id]):
                deal = self._deal(known_id)
                self._write(deal, call.body)
                return 200, {"success": True, "data": self._shown(deal)}
        raise Wrong(404, "Unknown method .")

    def _make_field(self, body: Json) -> Json:
        code = hashlib.sha1(body["field_name"].encode()).hexdigest()
        self.fields.append({**body, "field_code": code, "is_custom_field": True})
        return self.fields[-1]

    def _deal(self, known_id: str, *, gone_too: bool = False) -> Deal:
        deal = self.deals.get(known_id) if gone_too else self.kept(known_id)
        if deal is None:
            raise Missing("Deal not found")
        return deal

    def _write(self, deal: Deal, body: Json) -> None:
        """Strict, as v2 is: numbers are numbers, texts are texts, and never blank."""
        only(body, "title", "stage_id", "pipeline_id", "status", "custom_fields")
        kinds = {each["field_code"]: each["field_type"] for each in self.fields if each["is_custom_field"]}
        for name, value in body.get("custom_fields", {}).items():
            need(name in kinds, f"unknown field {name}")
            wanted = int | float if kinds[name] == "double" else str
            need(value is None or (isinstance(value, wanted) and value != ""), f"{name} has the wrong type")
        status = body.get("status", "")
        need(status in ("", "open", "won", "lost"), "status")
        need(
            isinstance(body.get("stage_id", 1), int) and isinstance(body.get("pipeline_id", 1), int), "ids are numbers"
        )
        need(body.get("stage_id", 1) in dict(STAGES) and body.get("pipeline_id", 1) == 1, "Stage not found")
        stage = status if status in ("won", "lost") else str(body.get("stage_id", ""))
        values = {"title": body["title"]} if "title" in body else {}
        self.put(deal, values | body.get("custom_fields", {}), stage)

    def _shown(self, deal: Deal, keys: list[str] | None = None) -> Json:
        is_open = deal.stage not in ("won", "lost")
        return {
            "id": int(deal.id),
            "title": deal.values.get("title"),
            "stage_id": int(deal.stage) if is_open else 5,
            "pipeline_id": 1,
            "status": "open" if is_open else deal.stage,
            "is_deleted": deal.is_gone,
            "add_time": moment(deal.added),
            "update_time": moment(deal.updated),
            "stage_change_time": moment(deal.stage_at),
            "won_time": moment(deal.stage_at) if deal.stage == "won" else None,
            "lost_time": moment(deal.stage_at) if deal.stage == "lost" else None,
            "custom_fields": {
                name: value for name, value in deal.values.items() if name != "title" and (keys is None or name in keys)
            },
        }

    def _list(self, call: Call) -> Json:
        only(call.query, "limit", "cursor", "updated_since", "sort_by", "sort_direction", "custom_fields")
        keys = call.query["custom_fields"].split(",") if "custom_fields" in call.query else None
        need(keys is None or len(keys) <= 15, "custom_fields")
        field = call.query.get("sort_by", "id")
        need(field in ("id", "update_time", "add_time"), "sort_by")
        deals = [deal for deal in self.deals.values() if not deal.is_gone]
        if since := call.query.get("updated_since"):
            need(since.endswith("Z") and "." not in since, "updated_since")
            deals = [deal for deal in deals if deal.updated >= datetime.fromisoformat(since)]
        deals.sort(key=lambda deal: deal.updated if field == "update_time" else deal.added)
        if call.query.get("sort_direction") == "desc":
            deals.reverse()
        return self._paged(call, [self._shown(deal, keys) for deal in deals])

    def _search(self, call: Call) -> Json:
        only(call.query, "term", "fields", "exact_match", "limit")
        need(call.query["fields"] == "custom_fields" and call.query["exact_match"] == "true", "search")
        found = [
            {"result_score": 1.0, "item": {"id": int(deal.id), "type": "deal"}}
            for deal in self.deals.values()
            if call.query["term"] in deal.values.values() and not deal.is_gone and not self.is_search_behind
        ]
        return {"success": True, "data": {"items": found}, "additional_data": {"next_cursor": None}}

    def _paged(self, call: Call, rows: list[Any]) -> Json:
        limit = int(call.query.get("limit", 100))
        need(limit <= 500, "limit")
        begin, size = int(call.query.get("cursor") or 0), min(limit, self.page)
        following = str(begin + size) if begin + size < len(rows) else None
        return {"success": True, "data": rows[begin : begin + size], "additional_data": {"next_cursor": following}}
