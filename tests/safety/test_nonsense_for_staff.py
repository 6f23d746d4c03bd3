"""Nonsense in an address or a form is answered in words by every page of sales and of the program's managers."""

import pytest
from django.test import Client

from tests.cast import pam
from tests.safety.test_staff_pages import pages
from tests.world import two_worlds

NAMES = (
    "page", "sort", "q", "owner", "partner", "channel", "fit", "age", "order", "stage", "protection", "state", "kind",
    "since", "until", "figure", "first", "last", "partners", "to", "person", "subject", "action", "violation", "seen",
    "reason", "chosen", "shown", "clause", "notice_on", "closed_on", "reference", "contract_months", "text", "title",
    "place", "user", "team", "name", "domain", "roles", "finding", "effective_on", "rep", "plan-next_step_on",
    "plan-expected_mrr", "demo-day", "demo-at",
)  # fmt: skip
NONSENSE = ("9" * 5000, "\0", "-1", "1e999999", "NaN", "٣", "9999-12", "0001-01", "9999-12-31", "0001-01-01", "\uffff")


@pytest.mark.django_db
def test_nonsense_is_refused_in_words() -> None:
    two_worlds()
    browser = Client(raise_request_exception=False)
    browser.force_login(pam())
    wrong = []
    for _, address, _ in pages():
        if not address.startswith(("/sales/", "/admin/program/")):
            continue
        for nonsense in NONSENSE:
            asked = dict.fromkeys(NAMES, nonsense)
            for method, answer in (("GET", browser.get(address, asked)), ("POST", browser.post(address, asked))):
                answer.getvalue()
                wrong += [(method, address, nonsense[:12])] if answer.status_code >= 500 else []
    assert wrong == []
