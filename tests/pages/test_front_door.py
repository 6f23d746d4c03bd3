"""The front door: who comes where, what a partner's people see, and whether the house is in order."""

from datetime import timedelta
from unittest import mock

import pytest
from django.conf import settings
from django.db import DatabaseError, connection
from django.test import Client
from django.urls import reverse

from accounts.models import User
from payouts.models import Payout, Statement
from tests.cast import fay, owner_of, the_partner
from tests.pages.everything import everything

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_stranger_meets_the_program_and_signs_in_or_applies() -> None:
    shown = Client().get("/").content.decode()
    assert 'href="/apply/"' in shown
    assert 'href="/accounts/login/"' in shown
    shown = Client().get("/accounts/login/").content.decode()
    assert "Sign in" in shown
    assert "/accounts/password/reset/" in shown


def test_staff_go_on_to_where_their_day_begins() -> None:
    assert signed_in(fay()).get("/").headers["Location"] == reverse("staff_months")


def test_signing_in_by_address_and_password() -> None:
    person = User.objects.create_user("olga@people.example", "a long and odd one", name="Olga")
    client = Client()
    wrong = client.post("/accounts/login/", {"login": person.email, "password": "not this"})
    assert 'role="alert"' in wrong.content.decode()
    right = client.post("/accounts/login/", {"login": person.email, "password": "a long and odd one"})
    assert right.headers["Location"] == "/"
    assert "act for no partner yet" in client.get("/").content.decode()


@pytest.mark.parametrize("page", ["signup/", "password/reset/", "password/reset/done/", "inactive/"])
def test_the_other_pages_of_signing_in_open(page: str) -> None:
    assert Client().get(f"/accounts/{page}").status_code == 200


def test_a_partners_people_see_where_it_stands() -> None:
    everything()
    shown = signed_in(owner_of("ada")).get("/").content.decode()
    assert "Ada Partners" in shown
    assert "Ben Partners" not in shown
    assert "233.33" in shown
    for words in ("What needs you now", "Cure what the company noted", "It waits for"):
        assert words in shown


def test_a_statement_is_its_partners_alone() -> None:
    everything()
    url = reverse("statement_download", args=[Statement.objects.get(partner=the_partner("ada")).pk])
    mine = signed_in(owner_of("ada")).get(url)
    assert mine.getvalue().startswith(b"%PDF")
    assert signed_in(owner_of("ben")).get(url).status_code == 404
    assert signed_in(fay()).get(url).headers["Location"] == reverse("staff_months")
    assert Client().get(url).headers["Location"].startswith("/accounts/login/")


def test_a_statement_that_is_not_issued_is_not_there() -> None:
    everything()
    partner = the_partner("ben")
    period = Payout.objects.get().period
    due = Statement.objects.create(partner=partner, period=period, dated_on=period.as_of + timedelta(days=1))
    url = reverse("statement_download", args=[due.pk])
    assert signed_in(owner_of("ben")).get(url).status_code == 404


def test_alive_without_a_database(django_assert_num_queries: object) -> None:
    with mock.patch.object(connection, "cursor", side_effect=DatabaseError):
        response = Client().get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok")


def test_ready_when_all_is_in_order() -> None:
    response = Client().get("/readyz")
    assert (response.status_code, response.json()) == (200, {"ready": True, "wrong": {}})


def test_not_ready_names_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "REDIS_URL", "redis://127.0.0.1:1/0")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'payouts'")
    response = Client().get("/readyz")
    assert response.status_code == 503
    wrong = response.json()["wrong"]
    assert wrong["queue"] == "cannot be reached"
    assert "payouts" in wrong["migrations"]
    assert "database" not in wrong


def test_not_ready_without_a_database() -> None:
    with mock.patch.object(connection, "cursor", side_effect=DatabaseError):
        response = Client().get("/readyz")
    assert response.status_code == 503
    assert response.json()["wrong"]["database"] == "cannot be reached"
