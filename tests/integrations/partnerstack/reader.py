"""A reader of PartnerStack as reporting pipelines have it.

It is driven by the published manifest of Airbyte's connector (source-partnerstack 0.2.8): HTTP Basic, `data.items`,
`limit` 250, `starting_after` the last row's key until `has_more` is false; `min_updated` for what is incremental,
`min_created` for rewards and transactions.
"""

import base64
from typing import Any

from django.test import Client

BASE = "/integrations/partnerstack/api/v2"
INCREMENTAL = ("customers", "deals", "groups", "leads", "partnerships")
BY_CREATION = ("rewards", "transactions")
PAGE_SIZE = 250
Row = dict[str, Any]


class Reader:
    """Reads with a public and a private key, the second of which is ours."""

    def __init__(self, secret: str, *, page_size: int = PAGE_SIZE) -> None:
        self.authorization = "Basic " + base64.b64encode(f"public:{secret}".encode()).decode()
        self.page_size = page_size
        self.client = Client()

    def ask(self, path: str, method: str = "GET", **asked: Any) -> Any:
        return self.client.generic(
            method, f"{BASE}/{path}", headers={"Authorization": self.authorization}, QUERY_STRING=_encoded(asked)
        )

    def read(self, stream: str, since: int | None = None, **asked: Any) -> list[Row]:
        """All rows of a stream, page by page."""
        if since is not None:
            asked["min_updated" if stream in INCREMENTAL else "min_created"] = since
        found: list[Row] = []
        while True:
            answer = self.ask(stream, limit=self.page_size, **asked)
            assert answer.status_code == 200, answer.content
            data = answer.json()["data"]
            found += data["items"]
            if data["has_more"] is False:
                return found
            asked["starting_after"] = data["items"][-1]["key"]


def _encoded(asked: dict[str, Any]) -> str:
    return "&".join(f"{name}={value}" for name, value in asked.items())
