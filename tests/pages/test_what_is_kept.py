"""What pages keep from one time to the next is what would be made anew."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.template import engines
from django.templatetags.static import static
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, get_resolver, reverse

from accounts.models import User
from accounts.reading import PREPARED, Question, read_rows, read_together
from affiliates.models import AgreementVersion, Partner, Program
from parts.addresses import page_url, row_url
from parts.listing import PlainFilters, _fields, _untouched
from tests.cast import AT, owner_of, program, the_partner

pytestmark = pytest.mark.django_db
BESIDE = """
    SELECT {partner}, {version}, partner.name || '!'
    FROM affiliates_partner AS partner LEFT JOIN affiliates_agreementversion AS version ON version.number = %s
"""


def every_plain_filter() -> list[type[PlainFilters]]:
    get_resolver().url_patterns  # noqa: B018 (all views are loaded with it)
    return sorted(PlainFilters.__subclasses__(), key=lambda each: each.__name__)


def read_beside(number: str) -> list[tuple[Any, ...]]:
    return read_rows(BESIDE, [number], leave_out=("version.text",), partner=Partner, version=AgreementVersion)


def test_rows_hold_the_models_and_what_else_was_asked() -> None:
    program()
    ada = the_partner("ada")
    assert (ada, None, f"{ada.name}!") in read_beside("one")
    version = AgreementVersion.objects.create(number="one", title="First", text="The text.", published_at=AT)
    found, joined, _ = next(row for row in read_beside("one") if row[0] == ada)
    assert vars(found) | {"_state": None} == vars(ada) | {"_state": None}
    assert joined == version
    with CaptureQueriesContext(connection) as asked:
        assert joined.text == version.text
    assert len(asked) == 1


def test_a_programs_own_kinds_of_values_come_back_as_they_are() -> None:
    Program.objects.update(allowed_hosts=["www.example.com", "example.com"])
    found, stored = Program.current(), Program.objects.get()
    assert found.allowed_hosts == ["www.example.com", "example.com"]
    assert vars(found) | {"_state": None} == vars(stored) | {"_state": None}


def test_questions_asked_together_have_the_answers_they_have_alone() -> None:
    program()
    kinds = """
        SELECT number, number * 1.10, '2026-01-31'::date + number, nullif(number, 2) IS NULL,
               CASE WHEN number > 1 THEN 'Zoë, "Ltd" {} \\ ' || number END, '2026-01-31 12:00Z'::timestamptz
        FROM generate_series(1, %s) AS number ORDER BY number DESC
    """
    nothing = "SELECT id, name FROM affiliates_partner WHERE name = %s"
    with CaptureQueriesContext(connection) as asked:
        first, second, third = read_together(
            Question(kinds.replace("{}", "{{}}"), 6, [3], lambda *row: row),
            Question(nothing, 2, ["Nobody"], lambda *row: row),
            Question("SELECT NULL::text", 1, [], lambda *row: row),
        )
    assert len([each for each in asked if not each["sql"].startswith("PREPARE")]) == 1
    assert first == read_rows(kinds.replace("{}", "{{}}"), [3])
    assert [type(value) for value in first[0]] == [int, Decimal, date, bool, str, datetime]
    assert (second, third) == ([], [(None,)])


def test_a_statement_is_planned_once_for_a_connection() -> None:
    program()
    PREPARED.pop(connection.connection, None)
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    with CaptureQueriesContext(connection) as asked:
        assert read_beside("1") == read_beside("1")
    assert [query["sql"].split()[0] for query in asked] == ["PREPARE", "EXECUTE", "EXECUTE"]


def test_behind_a_pooler_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    program()
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)
    with CaptureQueriesContext(connection) as asked:
        assert len(read_beside("1")) == Partner.objects.count() > 0
    assert [query["sql"].split()[0] for query in asked] == ["SELECT", "SELECT"]


def test_addresses_are_those_of_django() -> None:
    names = {name for name in get_resolver().reverse_dict if isinstance(name, str)}
    checked = 0
    for name in names:
        try:
            address = reverse(name)
        except NoReverseMatch:
            continue
        checked += 1
        assert page_url(name) == address
        assert engines["django"].from_string(f'{{% url "{name}" %}}').render() == address
    assert checked > 50
    assert (
        engines["django"].from_string('{% url "lead" 7 %}').render() == reverse("lead", args=[7]) == row_url("lead", 7)
    )
    assert engines["django"].from_string('{% url "admin:index" %}').render() == reverse("admin:index")
    assert engines["django"].from_string('{% url "nowhere" as found %}[{{ found }}]').render() == "[]"
    with pytest.raises(NoReverseMatch):
        engines["django"].from_string('{% url "nowhere" %}').render()


def test_files_are_where_django_has_them() -> None:
    assert engines["django"].from_string('{% static "js/parts.js" %}').render() == static("js/parts.js")


def test_untouched_filters_leave_every_row_and_look_alike() -> None:
    filters = every_plain_filter()
    assert len(filters) > 15
    for each in filters:
        made = each(QueryDict())
        with CaptureQueriesContext(connection) as asked:
            assert _untouched(each) == _fields(each(QueryDict()).form)  # type: ignore[arg-type]
        assert len(asked) == 0
        assert str(made.qs.query) == str(each.Meta.model._default_manager.all().query)


def test_who_may_not_sign_in_any_more_is_signed_out() -> None:
    program()
    owner = owner_of("ada")
    client = Client()
    client.force_login(owner)
    assert client.get("/leads/").status_code == 200
    User.objects.filter(pk=owner.pk).update(is_active=False)
    assert client.get("/leads/").status_code == 302
