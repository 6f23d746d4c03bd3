"""Every part is shown on the page that shows the parts."""

import pytest
from django.test import Client

from tests.cast import fay, owner_of, program
from tests.worker import ROOT

pytestmark = pytest.mark.django_db
URL = "/styleguide/"


def staff() -> Client:
    program()
    client = Client()
    client.force_login(fay())
    return client


def test_each_part_is_shown() -> None:
    answer = staff().get(URL)
    parts = {f"parts/{path.name}" for path in (ROOT / "templates" / "parts").glob("*.html")}
    assert len(parts) > 10
    assert parts - {template.name for template in answer.templates} == set()


@pytest.mark.parametrize(("asked", "status"), [("short", 200), ("long", 200), ("gone", 404)])
def test_the_panel_is_given_what_it_shows(asked: str, status: int) -> None:
    answer = staff().get(URL, {"beside": asked}, headers={"HX-Request": "true"})
    assert answer.status_code == status
    assert "<nav" not in answer.content.decode().partition("<h2")[0]


def test_without_script_the_panels_link_leads_to_a_whole_page() -> None:
    assert "<title>" in staff().get(URL, {"beside": "short"}).content.decode()


def test_it_is_for_staff() -> None:
    program()
    client = Client()
    client.force_login(owner_of("ada"))
    assert client.get(URL).status_code == 302
