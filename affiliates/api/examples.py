"""What a call of each operation looks like, for readers of the document and for programs that try it."""

from typing import Any

LEAD = {
    "partner": "harborline",
    "company": "Lowmarsh Movers",
    "contact": "Ida Lowmarsh",
    "email": "ida@lowmarsh.example",
    "domain": "lowmarsh.example",
    "agents": 25,
    "crm": "hubspot",
    "note": "They outgrew their phones.",
    "attested": True,
}
FACTS = {
    "clients": [
        {
            "client": "lowmarsh",
            "partner": "harborline",
            "name": "Lowmarsh Movers",
            "domain": "lowmarsh.example",
            "closed_on": "2026-01-12",
        }
    ],
    "invoices": [
        {
            "invoice": "Q-1042",
            "client": "lowmarsh",
            "issued_on": "2026-02-01",
            "lines": [
                {
                    "line": 1,
                    "category": "subscription",
                    "amount": "1200.00",
                    "service_from": "2026-02-01",
                    "service_months": 3,
                },
                {"line": 2, "category": "tax", "amount": "96.00"},
            ],
        }
    ],
    "payments": [{"payment": "P-77", "invoice": "Q-1042", "amount": "1296.00", "received_on": "2026-02-09"}],
    "reversals": [
        {
            "reversal": "R-5",
            "payment": "P-77",
            "kind": "refund",
            "amount": "100.00",
            "occurred_on": "2026-02-20",
        }
    ],
}
# Bodies by the name of their schema.
BODIES: dict[str, Any] = {
    "FactsRequest": FACTS,
    "MoveRequest": {"stage": "qualified", "seen": "submitted"},
    "NewDisputeRequest": {"commission": 2878, "comment": "The upgrade of August is missing in this amount."},
    "NewEndpointRequest": {"url": "https://www.example.com/hooks/program", "kinds": ["lead.moved", "payout.paid"]},
    "NewLeadRequest": LEAD,
    "NewLinkRequest": {
        "name": "Newsletter",
        "destination": "https://www.example.com/pricing",
        "code": "harborline-news",
        "sub_id": "march",
    },
    "NewRunRequest": {"period": "2026-03"},
    "PresentRequest": {"note": "Lowmarsh Movers took ten more seats in March."},
    "ReadBackRequest": {"posted": "12345.60"},
    "SinceRequest": {"since": "2026-03-01T00:00:00Z"},
    "SwitchRequest": {"is_on": True},
}
# Parts of addresses by their names; whatever is not here is a number.
PARTS: dict[str, Any] = {
    "client": "lowmarsh",
    "invoice": "Q-1042",
    "partner": "harborline",
    "payment": "P-77",
    "period": "2026-03",
    "reversal": "R-5",
}
UUID_OF_AN_ENDPOINT = "5f0c9c0e-5f0d-4c3e-9d41-0f6f6a1a7a11"


def part_of(address: str, name: str) -> Any:
    """An example of a part of an address."""
    if address.startswith("/api/v1/webhooks/"):
        return UUID_OF_AN_ENDPOINT
    return PARTS.get(name, 12)
