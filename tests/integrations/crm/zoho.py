"""Zoho CRM as it documents its API v8, and its accounts host on the same address."""

from datetime import datetime, timedelta, timezone
from typing import Any

from tests.integrations.crm.standin import Call, Crm, Deal, Json, Wrong, need, only

KEY = "Tributary_lead"
STAGES = (
    ("Qualification", "Open"),
    ("Needs Analysis", "Open"),
    ("Value Proposition", "Open"),
    ("Identify Decision Makers", "Open"),
    ("Proposal/Price Quote", "Open"),
    ("Closed Won", "Closed Won"),
    ("Closed Lost", "Closed Lost"),
)
INDIA = timezone(timedelta(hours=5, minutes=30))


def moment(at: datetime) -> str:
    return at.astimezone(INDIA).isoformat(timespec="seconds")


class Zoho(Crm):
    def __init__(self) -> None:
        super().__init__(token="1000.first")
        self.refreshed = 0
        self.credentials = {
            "client_id": "1000.ABC",
            "client_secret": "zoho-client-secret",
            "refresh_token": "1000.refresh",
        }
        self.fields: list[dict[str, Any]] = [
            {"api_name": name, "field_label": label, "data_type": kind, "read_only": False, "unique": {}}
            for name, label, kind in (
                ("Deal_Name", "Deal Name", "text"),
                ("Description", "Description", "textarea"),
                ("Contact_Person", "Contact person", "text"),
                ("Seats", "Seats", "integer"),
                ("Type", "Type", "picklist"),
            )
        ]
        self.page = 200
        self.mandatory = ""

    def is_write(self, call: Call) -> bool:
        return call.path.startswith("/crm/v8/Deals") and call.method in ("POST", "PUT")

    def says(self, status: int, said: str) -> Json:
        code = "INVALID_TOKEN" if status == 401 else "INVALID_DATA"
        return {"code": code, "details": {}, "message": said, "status": "error"}

    def answer(self, call: Call) -> tuple[int, Json]:
        if call.path == "/oauth/v2/token":
            return self._token(call)
        if call.headers.get("authorization") != f"Zoho-oauthtoken {self.token}":
            raise Wrong(401, "invalid oauth token")
        parts = call.path.strip("/").split("/")
        need(parts[:2] == ["crm", "v8"], "no such address", 404)
        match (call.method, parts[2:]):
            case ("GET", ["users"]):
                need(call.query == {"type": "CurrentUser"}, "type")
                return 200, {"users": [{"id": "1", "full_name": "Zoe Zoho", "email": "zoe@acme.example"}]}
            case ("GET", ["org"]):
                return 200, {"org": [{"company_name": "Acme", "zgid": "7788", "domain_name": "org7788"}]}
            case ("GET", ["settings", "layouts"]):
                need(call.query == {"module": "Deals"}, "module")
                return 200, {"layouts": [{"id": "55", "name": "Standard"}]}
            case ("GET", ["settings", "pipeline"]):
                need(call.query == {"layout_id": "55"}, "layout_id")
                return 200, {"pipeline": [self._pipeline()]}
            case ("GET", ["settings", "fields"]):
                need(call.query == {"module": "Deals"}, "module")
                return 200, {"fields": self.fields}
            case ("POST", ["settings", "fields"]):
                return 201, self._make_field(call)
            case ("GET", ["Deals"]):
                return self._list(call)
            case ("POST", ["Deals", "upsert"]):
                return self._upsert(call.body)
            case ("PUT", ["Deals"]):
                return self._update(call.body)
            case ("GET", ["Deals", known_id]):
                deal = self.kept(known_id)
                need("fields" in call.query, "fields are required")
                return (200, {"data": [self._shown(deal, call.query["fields"])]}) if deal else (204, None)
            case ("GET", ["Deals", known_id, "Stage_History"]):
                deal = self.kept(known_id)
                need(deal and call.query["fields"] == "Stage,Modified_Time", "fields")
                rows = [{"Stage": deal.stage, "Modified_Time": moment(deal.stage_at)}] if deal else []
                return 200, {"data": rows}
        raise Wrong(404, "INVALID_URL_PATTERN")

    def _token(self, call: Call) -> tuple[int, Json]:
        need(call.method == "POST" and call.headers["content-type"] == "application/x-www-form-urlencoded", "form")
        if call.body != {"grant_type": "refresh_token", **self.credentials}:
            return 200, {"error": "invalid_code"}
        self.refreshed += 1
        self.token = f"1000.access-{self.refreshed}"
        return 200, {"access_token": self.token, "expires_in": 3600, "token_type": "Bearer", "api_domain": self.url}

    def _pipeline(self) -> Json:
        maps = [
            {"id": str(n), "display_value": name, "actual_value": name, "forecast_type": kind, "sequence_number": n}
            for n, (name, kind) in enumerate(STAGES)
        ]
        return {"id": "66", "display_value": "Standard", "default": True, "maps": maps}

    def _make_field(self, call: Call) -> Json:
        need(call.query == {"module": "Deals"}, "module")
        field = call.body["fields"][0]
        only(field, "field_label", "data_type", "length", "unique")
        self.fields.append({**field, "api_name": field["field_label"].replace(" ", "_"), "read_only": False})
        return {
            "fields": [{"code": "SUCCESS", "details": {"id": "77"}, "message": "field created", "status": "success"}]
        }

    def _upsert(self, body: Json) -> tuple[int, Json]:
        only(body, "data", "duplicate_check_fields")
        need(body["duplicate_check_fields"] == [KEY] and len(body["data"]) == 1, "duplicate_check_fields")
        need(any(each["api_name"] == KEY and each["unique"] for each in self.fields), "the field is not unique")
        said = body["data"][0]
        if refused := self._refused(said, is_new=True):
            return 400, refused
        found = [deal for deal in self.deals.values() if deal.values.get(KEY) == said[KEY] and not deal.is_gone]
        deal = found[0] if found else self.add({}, said["Stage"])
        return 200, self._written(deal, said, "update" if found else "insert")

    def _update(self, body: Json) -> tuple[int, Json]:
        only(body, "data")
        said = dict(body["data"][0])
        deal = self.kept(said.pop("id"))
        if deal is None:
            return 200, self._row("INVALID_DATA", "the id given seems to be invalid", {"api_name": "id"})
        if refused := self._refused(said, is_new=False):
            return 400, refused
        return 200, self._written(deal, said, "update")

    def _refused(self, said: dict[str, Json], *, is_new: bool) -> Json | None:
        if is_new and self.mandatory and not said.get(self.mandatory):
            return self._row("MANDATORY_NOT_FOUND", "required field not found", {"api_name": self.mandatory})
        kinds = {each["api_name"]: each["data_type"] for each in self.fields}
        for name, value in said.items():
            if name == "Stage":
                is_right = value in dict(STAGES) and said.get("Pipeline") == "Standard"
            elif name == "Pipeline":
                is_right = value == "Standard"
            else:
                is_right = name in kinds and (value is None or isinstance(value, int) == (kinds[name] == "integer"))
            if not is_right:
                return self._row("INVALID_DATA", "invalid data", {"api_name": name})
        return None

    def _written(self, deal: Deal, said: dict[str, Json], action: str) -> Json:
        values = {name: value for name, value in said.items() if name not in ("Stage", "Pipeline")}
        self.put(deal, values, said.get("Stage", ""))
        details = {"id": deal.id, "Modified_Time": moment(deal.updated), "Created_Time": moment(deal.added)}
        row = {"code": "SUCCESS", "status": "success", "action": action, "message": "record added", "details": details}
        return {"data": [row]}

    def _row(self, code: str, said: str, details: Json) -> Json:
        return {"data": [{"code": code, "details": details, "message": said, "status": "error"}]}

    def _shown(self, deal: Deal, names: str) -> Json:
        known = deal.values | {"Stage": deal.stage, "Modified_Time": moment(deal.updated)}
        return {"id": deal.id} | {name: known.get(name) for name in names.split(",")}

    def _list(self, call: Call) -> tuple[int, Json]:
        only(call.query, "fields", "sort_by", "sort_order", "per_page", "page_token")
        need(call.query["sort_by"] == "Modified_Time" and call.query["sort_order"] == "asc", "sort")
        need(int(call.query["per_page"]) <= 200, "per_page")
        found = self.since(datetime.fromisoformat(call.headers["if-modified-since"]))
        if not found:
            return 304, None
        begin = int(call.query.get("page_token", "p0")[1:])
        size = min(int(call.query["per_page"]), self.page)
        more = begin + size < len(found)
        info: Json = {"per_page": size, "count": len(found), "more_records": more}
        info["next_page_token"] = f"p{begin + size}" if more else None
        rows = [self._shown(deal, call.query["fields"]) for deal in found[begin : begin + size]]
        return 200, {"data": rows, "info": info}
