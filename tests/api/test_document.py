"""The API keeps what its OpenAPI document promises, whatever is sent to it."""

from typing import Any

import pytest
import schemathesis
import time_machine
from django.conf import settings as project
from django.core import signals
from django.core.cache import cache
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from jsonschema_rs import Draft202012Validator
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.generation import GenerationMode

from tests.api.calling import company_key, partner_key
from tests.cast import AT, fay
from tests.pages.everything import everything

DOCUMENT = "/api/v1/schema/?format=json"
EXAMPLES = settings(
    max_examples=6,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=(HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much),
)


@pytest.fixture
def document(db: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr("affiliates.api.door.MOST_A_MINUTE", 10**6)
    monkeypatch.setattr(project, "ALLOWED_HOSTS", ["*"])
    cache.clear()
    everything()
    application = get_wsgi_application()
    ends = (signals.request_started, signals.request_finished)
    for each in ends:  # As Django's own test client does: the test's transaction outlives a request.
        each.disconnect(close_old_connections)
    with time_machine.travel(AT, tick=False):
        yield schemathesis.openapi.from_wsgi(DOCUMENT, application)
    for each in ends:
        each.connect(close_old_connections)


def test_every_operation_shows_a_call_of_it(document: Any) -> None:
    """Each body and each part of an address has an example, and the bodies are what their schemas allow."""
    said = document.raw_schema
    shown = 0
    for path, operations in said["paths"].items():
        for operation in operations.values():
            assert all("example" in each for each in operation["parameters"] if each["in"] == "path"), path
            for body in operation.get("requestBody", {}).get("content", {}).values():
                schema = body["schema"] | {"components": said["components"]}
                for example in body["examples"].values():
                    Draft202012Validator(schema).validate(example["value"])
                    shown += 1
    assert shown >= 11


def test_every_parameter_says_what_it_is_and_every_answer_what_stands_in_its_head(document: Any) -> None:
    said = document.raw_schema
    for path, operations in said["paths"].items():
        for method, operation in operations.items():
            for each in operation["parameters"]:
                assert each["in"] == "path" or each.get("description") or "enum" in each["schema"], (path, each["name"])
            answers = operation["responses"]
            done = next(answer for status, answer in answers.items() if status.startswith("2"))
            assert "RateLimit-Remaining" in done["headers"]
            assert "Retry-After" in answers["429"]["headers"]
            assert ("ETag" in done["headers"]) == ("304" in answers), path
            assert ("Idempotency-Replayed" in done["headers"]) == (method == "post"), path
    lead = said["paths"]["/api/v1/leads/{id}/"]["get"]
    assert {"304", "404"} <= set(lead["responses"])
    assert "If-None-Match" in {each["name"] for each in lead["parameters"]}


def test_every_operation_keeps_its_promise(document: Any) -> None:
    """All of schemathesis' checks, by what the document allows and by what it does not, with both kinds of keys."""
    keys = partner_key("ada").secret, company_key(fay()).secret
    broken: dict[str, str] = {}
    for found in document.get_all_operations():
        operation = found.ok()
        for mode in GenerationMode:

            @EXAMPLES
            @given(case=operation.as_strategy(generation_mode=mode))
            def call(case: Any) -> None:
                if [] in (case.query or {}).values():
                    return  # An empty list is not sent, and what does not come is not refused.
                for made_up in ("Idempotency-Key", "If-Match"):  # See `test_doors` and `test_lists` for what they do.
                    (case.headers or {}).pop(made_up, None)
                for secret in keys:
                    case.call_and_validate(headers={"Authorization": f"Bearer {secret}"})

            try:
                call()
            except (FailureGroup, Failure) as failure:
                broken[f"{operation.method} {operation.path} {mode}"] = str(failure)
            except Unsatisfiable:
                continue  # Nothing can be sent wrongly where nothing is sent.
    assert broken == {}
