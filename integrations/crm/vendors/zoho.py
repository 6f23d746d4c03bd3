"""Zoho CRM: deals through its API v8, signed in with a self client's refresh token in the company's own region."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from integrations.crm.vendors.common import (
    KEY_LABEL,
    Account,
    Changed,
    Field,
    LeadRecord,
    NotSignedIn,
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
    words,
)  # fmt: skip
from integrations.crm.vendors.session import NOT_FOUND, CrmSession, Reply

REGIONS = {
    "com": "United States (zoho.com)",
    "eu": "Europe (zoho.eu)",
    "in": "India (zoho.in)",
    "com.au": "Australia (zoho.com.au)",
    "jp": "Japan (zoho.jp)",
    "sa": "Saudi Arabia (zoho.sa)",
    "com.cn": "China (zoho.com.cn)",
}
KEY = "Tributary_lead"  # What Zoho makes of the label.
NAME, MODIFIED = "Deal_Name", "Modified_Time"
PAGE = 200
MOST_PAGES = 50
TEXTS, NUMBERS = ("text", "textarea", "email", "website"), ("integer", "double", "bigint")
SHORTEST_LIFE = 60  # Seconds for which a token has to be good to be used.


@dataclass(frozen=True, slots=True)
class Token:
    """An access token, and for how many seconds it is good."""

    value: str
    seconds: int


class ZohoClient:
    """`token(None)` gives the token that is good now, `token(refused)` another one than the one that was refused."""

    def __init__(self, *, base: str, token: Callable[[str | None], str], pipeline: str = "") -> None:
        self.pipeline, self.token, self.used = pipeline, token, ""
        self.session = CrmSession(base, self._sign)

    def close(self) -> None:
        self.session.close()

    def now(self) -> datetime | None:
        return self.session.their_now

    def account(self) -> Account:
        users = rows_of(self._get("/crm/v8/users", type="CurrentUser").data, "users")
        company = rows_of(self._get("/crm/v8/org").data, "org")
        if not users or not company:
            raise odd("user")
        name = f"{text_of(users[0], 'full_name')} of {text_of(company[0], 'company_name')}"
        return Account(name, {"org": text_of(company[0], "zgid")})

    def pipelines(self) -> list[Pipeline]:
        found = []
        for layout in rows_of(self._get("/crm/v8/settings/layouts", module="Deals").data, "layouts"):
            reply = self._get("/crm/v8/settings/pipeline", layout_id=id_of(layout))
            for row in rows_of(reply.data, "pipeline") if reply.data is not None else []:
                stages = tuple(_stage(each) for each in rows_of(row, "maps"))
                found.append(Pipeline(id_of(row, "display_value"), text_of(row, "display_value"), stages))
        return found

    def fields(self) -> list[Field]:
        return [
            Field(id_of(row, "api_name"), text_of(row, "field_label"), text_of(row, "data_type") in NUMBERS)
            for row in self._fields()
            if row.get("read_only") is not True
            and text_of(row, "data_type") in (*TEXTS, *NUMBERS)
            and text_of(row, "api_name") not in (NAME, KEY)
        ]

    def key_field(self) -> str:
        for row in self._fields():
            if text_of(row, "api_name") == KEY:
                if not isinstance(row.get("unique"), dict) or not row["unique"]:
                    raise Refused(f"Zoho’s field {KEY_LABEL} takes a value twice; set “do not allow duplicate values”")
                return KEY
        field = {"field_label": KEY_LABEL, "data_type": "text", "length": 60, "unique": {"case_sensitive": False}}
        answer = self._ask("POST", "/crm/v8/settings/fields", params={"module": "Deals"}, body={"fields": [field]})
        _checked(rows_of(answer.data, "fields"))
        return KEY

    def push(self, record: LeadRecord, known_id: str) -> Pushed:
        said: dict[str, Any] = {name: None if value == "" else value for name, value in record.values.items()}
        said[KEY] = record.key
        if record.stage:
            said |= {"Stage": record.stage, "Pipeline": self.pipeline}
        if known_id:
            answer = self._ask("PUT", "/crm/v8/Deals", body={"data": [said | {"id": known_id}]})
        else:
            # The unique field makes it one deal, however often it is asked for.
            body = {"data": [said], "duplicate_check_fields": [KEY]}
            answer = self._ask("POST", "/crm/v8/Deals/upsert", body=body)
        details = record_of(_checked(rows_of(answer.data, "data")), "details")
        return Pushed(id_of(details), moment_of(details, MODIFIED))

    def read(self, known_id: str, fields: list[str]) -> Theirs | None:
        reply = self._get(f"/crm/v8/Deals/{known_id}", fields=",".join(("Stage", MODIFIED, *fields)))
        if reply.status in (204, NOT_FOUND):
            return None
        rows = rows_of(reply.data, "data")
        if len(rows) != 1:
            raise odd("one deal")
        values = {name: text_of(rows[0], name) for name in fields}
        return Theirs(id_of(rows[0]), id_of(rows[0], "Stage"), moment_of(rows[0], MODIFIED), values)

    def stage_since(self, theirs: Theirs) -> datetime:
        try:
            reply = self._get(f"/crm/v8/Deals/{theirs.id}/Stage_History", fields=f"Stage,{MODIFIED}")
        except Refused:
            return theirs.updated_at
        rows = rows_of(reply.data, "data") if reply.status == 200 else []
        return max((moment_of(row, MODIFIED) for row in rows), default=theirs.updated_at)

    def changed_since(self, since: datetime) -> Iterator[Changed]:
        headers = {"If-Modified-Since": since.astimezone(UTC).isoformat(timespec="seconds")}
        asked: dict[str, Any] = {"fields": f"{KEY},{MODIFIED}", "sort_by": MODIFIED, "sort_order": "asc"}
        for _ in range(MOST_PAGES):
            reply = self._get("/crm/v8/Deals", headers=headers, per_page=PAGE, **asked)
            if reply.status in (204, 304):
                return
            for row in rows_of(reply.data, "data"):
                yield Changed(id_of(row), moment_of(row, MODIFIED))
            info = record_of(reply.data, "info")
            if info.get("more_records") is not True or not text_of(info, "next_page_token"):
                return
            asked["page_token"] = text_of(info, "next_page_token")

    def _fields(self) -> list[dict[str, Any]]:
        return rows_of(self._get("/crm/v8/settings/fields", module="Deals").data, "fields")

    def _get(self, path: str, *, headers: dict[str, str] | None = None, **params: Any) -> Reply:
        return self._ask("GET", path, params=params, headers=headers)

    def _ask(self, method: str, path: str, **asked: Any) -> Reply:
        """A call; where the token ran out on the way, once more with a new one."""
        try:
            return self.session.ask(method, path, **asked)
        except NotSignedIn:
            self.token(self.used)
            return self.session.ask(method, path, **asked)

    def _sign(self) -> dict[str, str]:
        self.used = self.token(None)
        return {"Authorization": f"Zoho-oauthtoken {self.used}"}


def refresh(*, accounts: str, client_id: str, secret: str, refresh_token: str) -> Token:
    """This function will ask Zoho's accounts host of a region for a new access token.

    :raises NotSignedIn: it does not know the client or its refresh token any more
    """
    session = CrmSession(accounts, dict)
    form = {
        "grant_type": "refresh_token",
        "client_id": client_id,
        "client_secret": secret,
        "refresh_token": refresh_token,
    }
    try:
        data = record_of(session.ask("POST", "/oauth/v2/token", form=form).data)
    except Refused as refusal:
        raise NotSignedIn(str(refusal)) from refusal
    finally:
        session.close()
    if text_of(data, "error"):  # It says so with 200.
        raise NotSignedIn(words(text_of(data, "error")))
    seconds = data.get("expires_in")
    return Token(text_of(data, "access_token") or _none(), seconds if isinstance(seconds, int) else 3600)


def _none() -> str:
    raise odd("access_token")


def _stage(row: dict[str, Any]) -> Stage:
    kind = row.get("forecast_type") or text_of(row, "forecast_category")
    kind = kind.lower() if isinstance(kind, str) else ""
    return Stage(
        id_of(row, "actual_value") if row.get("actual_value") else id_of(row, "display_value"),
        text_of(row, "display_value"),
        is_won="closed won" in kind,
        is_lost="closed lost" in kind or "omitted" in kind,
    )


def _checked(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The one row of an answer to a change, which carries its own status.

    :raises Refused: the row was refused, whatever the answer as a whole says
    """
    if len(rows) != 1:
        raise odd("one result")
    if text_of(rows[0], "status") == "success":
        return rows[0]
    details = rows[0].get("details")
    name = details.get("api_name") if isinstance(details, dict) else None
    raise Refused(words(f"{text_of(rows[0], 'message')} {name or ''}") or "it gave no reason")
