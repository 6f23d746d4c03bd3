"""Every part is shown on the page that shows the parts."""

import pytest
from django.test import Client

from parts.chart import draw_chart
from parts.repeated import draw_checklist, draw_tiles
from parts.shapes import Bar, Chart, Check, Tile
from parts.templatetags.parts import register
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


def test_each_part_that_python_draws_is_shown() -> None:
    source = (ROOT / "templates" / "portal" / "styleguide.html").read_text()
    drawn = {name for name in register.tags if name.startswith("draw_")}
    assert len(drawn) > 2
    assert {name for name in drawn if f"{{% {name} " not in source} == set()


def test_what_python_draws_is_escaped() -> None:
    hostile = '<b title="x">&'
    drawn = (
        draw_tiles([Tile(hostile, hostile, hostile, hostile, hostile)])
        + draw_checklist(
            [Check(hostile, is_done, hostile, hostile, hostile, hostile, hostile) for is_done in (False, True)]
        )
        + draw_chart(Chart(hostile, [Bar(hostile, 1.0, hostile)]))
    )
    assert drawn.count("&lt;b title=&quot;x&quot;&gt;&amp;") > 12
    assert hostile not in drawn
    assert "<b" not in drawn


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
