"""What somebody reads when a page cannot be shown: what happened, that nothing was saved, and where to go."""

import pytest
from django.template.loader import render_to_string
from django.test import Client

from tests.cast import owner_of, program

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("is_signed_in", [False, True])
def test_an_unknown_address_leads_on(is_signed_in: bool) -> None:
    program()
    client = Client()
    if is_signed_in:
        client.force_login(owner_of("ada"))
    response = client.get("/nothing/here/")
    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()
    assert '<a href="/">Go to the overview</a>' in response.content.decode()


def test_a_form_without_its_token_says_that_nothing_was_saved() -> None:
    program()
    response = Client(enforce_csrf_checks=True).post("/apply/", {})
    assert response.status_code == 403
    assert "Nothing was saved." in response.content.decode()


def test_a_failure_is_told_without_the_database() -> None:
    page = render_to_string("500.html")
    assert "Something went wrong on our side" in page
    assert "mailto:" not in page
