"""A call with an `Idempotency-Key`, eight times at once and by a server that is killed: done once."""

import subprocess
import sys
import threading
from typing import Any

from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts.models import KeptAnswer
from accounts.models.api_key import PARTNER_SCOPES
from affiliates.services.keep_partner_keys import issue_partner_key
from referrals.models import Lead
from tests.cast import owner_of, program, the_partner
from tests.conftest import Databases
from tests.races.test_of_eight_one_wins import EIGHT, all_at_once
from tests.worker import ROOT, environment

OAK = {"company": "Oak Inc", "contact": "Jo Oak", "email": "jo@oak.example", "attested": True}
KILLED = """
import os, sys, time
import django
django.setup()
from django.test import Client
import affiliates.api.door as door
keep = door.Door._keep
def hang(self, response):
    keep(self, response)
    print(response.status_code, flush=True)
    time.sleep(60)
door.Door._keep = hang
body = {"company": "Oak Inc", "contact": "Jo Oak", "email": "jo@oak.example", "attested": True}
headers = {"Authorization": "Bearer " + sys.argv[1], "Idempotency-Key": "one"}
Client(headers={"Host": "localhost"}).post("/api/v1/leads/", body, content_type="application/json", headers=headers)
"""


def a_key() -> str:
    cache.clear()
    program()
    given: dict[str, Any] = {"partner": the_partner("ada"), "by": owner_of("ada"), "at": timezone.now()}
    return issue_partner_key(name="CRM", scopes=PARTNER_SCOPES, expires_at=None, **given)[1]


def register(secret: str, **changes: str) -> Any:
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": "one"}
    return Client().post("/api/v1/leads/", OAK | changes, content_type="application/json", headers=headers)


def test_eight_of_the_same_call_at_once_do_it_once_and_are_answered_the_same(real_db: Databases) -> None:
    secret = a_key()
    answers: list[Any] = all_at_once(lambda: register(secret))
    assert [answer.status_code for answer in answers] == [201] * EIGHT
    assert all(answer.json() == answers[0].json() for answer in answers)
    assert sum("Idempotency-Replayed" in answer for answer in answers) == EIGHT - 1
    assert Lead.objects.count() == KeptAnswer.objects.count() == 1


def test_of_eight_other_calls_with_the_same_key_one_is_done(real_db: Databases) -> None:
    secret, turns, lock = a_key(), iter("abcdefgh"), threading.Lock()

    def call() -> Any:
        with lock:
            letter = next(turns)
        return register(secret, company=f"Company {letter * 8}", email=f"jo@{letter * 8}.example")

    answers: list[Any] = all_at_once(call)
    assert sorted(answer.status_code for answer in answers) == [201] + [422] * (EIGHT - 1)
    assert Lead.objects.count() == 1


def test_a_call_whose_server_is_killed_before_its_end_has_done_nothing_and_is_done_again(real_db: Databases) -> None:
    secret = a_key()
    env = environment() | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    command = [sys.executable, "-c", KILLED, secret]
    server = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    assert server.stdout.readline().strip() == "201"
    server.kill()
    server.wait()
    server.stdout.close()
    assert not Lead.objects.exists()
    assert not KeptAnswer.objects.exists()
    answer = register(secret)
    assert (answer.status_code, "Idempotency-Replayed" in answer) == (201, False)
    assert Lead.objects.count() == 1
