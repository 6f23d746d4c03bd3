"""The audit trail is searched by person, action, subject and day."""

from datetime import timedelta

import pytest
from django.db import connection

from accounts.models import AuditEntry
from accounts.services.seal_audit import seal_audit
from accounts.services.write_audit import write_audit
from tests.cast import AT, abe, fay, pam, program, the_partner
from tests.managers.pages import browser_of, csv_of, queries, read

pytestmark = pytest.mark.django_db
AUDIT = "/admin/program/audit/"


def tell() -> None:
    program()
    ada = the_partner("ada").reference
    write_audit(by=fay(), at=AT, action="payout held", subject=f"partner {ada}", reason="A question")
    write_audit(by=abe(), at=AT + timedelta(days=1), action="payout approved", subject="payout 12", payable="5.00")
    write_audit(by=None, at=AT + timedelta(days=2), action="run started", subject="period 2026-01", full=0)


def test_the_newest_come_first_and_lead_to_their_thing() -> None:
    tell()
    words = read(AUDIT)
    assert words.index("run started") < words.index("payout approved") < words.index("payout held")
    assert "the system run started period 2026-01 full: 0" in words
    page = browser_of().get(AUDIT).content.decode()
    assert f'href="/admin/program/partners/{the_partner("ada").pk}/">partner ada</a>' in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("person=fay", {"payout held"}),
        ("person=FAY@people.example", {"payout held"}),
        ("person=the+system", {"run started"}),
        ("person=nobody", set()),
        ("action=payout", {"payout held", "payout approved"}),
        ("subject=payout+12", {"payout approved"}),
        ("subject=partner", {"payout held"}),
        ("since=2027-01-02&until=2027-01-02", {"payout approved"}),
        ("until=2027-01-01", {"payout held"}),
        ("action=payout&person=abe", {"payout approved"}),
    ],
)
def test_it_is_searched(query: str, found: set[str]) -> None:
    tell()
    lines = csv_of(f"{AUDIT}?{query}")[1:]
    assert {line.split(",")[4] for line in lines} == found


def test_an_entry_shows_its_details_and_its_seal() -> None:
    entry = write_audit(by=fay(), at=AT, action="payout held", subject="payout 12", reason="A question")
    url = f"{AUDIT}{entry.pk}/"
    assert "Reason A question" in read(url)
    assert "sealed into the chain within a minute" in read(url)
    seal_audit(at=AT)
    assert entry.seal.hash in read(url)
    assert browser_of().get(f"{AUDIT}999999/").status_code == 404


def test_an_approver_may_search_and_finance_may_not() -> None:
    assert browser_of(abe()).get(AUDIT).status_code == 200
    assert browser_of(fay()).get(AUDIT).status_code == 403


def test_it_costs_the_same_with_much_and_with_little() -> None:
    tell()
    few = queries(AUDIT)
    for number in range(60):
        write_audit(by=pam(), at=AT, action=f"step {number}", subject="partner ada")
    assert queries(AUDIT) == few


def test_each_search_has_its_index() -> None:
    """Of a million entries a page is read, and not all of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_auditentry (at, action, subject, details)"
            " SELECT %s::timestamptz + n * interval '1 second', 'lead ' || n %% 60, 'lead ' || n, '{}'"
            " FROM generate_series(1, 20000) AS n",
            [AT],
        )
        cursor.execute("ANALYZE accounts_auditentry")
    newest = AuditEntry.objects.order_by("-at", "-pk")[:26]
    for rows in (
        newest,
        AuditEntry.objects.filter(subject__startswith="lead 17000").order_by("-at", "-pk")[:26],
        AuditEntry.objects.filter(action="lead 7").order_by("-at", "-pk")[:26],
        AuditEntry.objects.filter(by__in=[fay().pk]).order_by("-at", "-pk")[:26],
        AuditEntry.objects.filter(at__lt=AT + timedelta(minutes=1)).order_by("-at", "-pk")[:26],
    ):
        assert "Seq Scan on accounts_auditentry" not in rows.explain()


def test_the_last_day_that_there_is_ends_a_search_too() -> None:
    tell()
    assert "payout approved" in read(f"{AUDIT}?until=9999-12-31&since=0001-01-01")
