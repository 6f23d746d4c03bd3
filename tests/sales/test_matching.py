"""One function says how alike two companies are, and why."""

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clients.recognition import find_customers
from referrals.companies import likeness, name_key, trigrams
from referrals.models.conflict import RecognisedBy
from referrals.models.lead import Stage
from referrals.recognition import Company, compare, duplicates
from referrals.services.move_lead import move_lead
from tests.cast import AT, client, day, program, record, sam
from tests.leads.telling import lead_of

EMAIL, DOMAIN, NAME = RecognisedBy.EMAIL, RecognisedBy.DOMAIN, RecognisedBy.NAME
Told = tuple[str, str, str]  # Name, e-mail address, site.

# The score of 100, and every reason with the surest first.
PAIRS: list[tuple[Told, Told, int, list[str]]] = [
    (("Acme, Inc.", "a@one.com", ""), ("ACME Incorporated", "b@two.com", ""), 90, ["Same name without its legal form"]),
    (
        ("Acme, Inc.", "Jo@Acme.com", ""),
        ("ACME Incorporated", "jo@acme.com", "www.acme.com"),
        100,
        ["Same e-mail address, jo@acme.com", "Same domain, acme.com", "Same name without its legal form"],
    ),
    (("Acme", "jo@gmail.com", ""), ("Zenith", "jo@gmail.com", ""), 100, ["Same e-mail address, jo@gmail.com"]),
    (("Acme", "jo@gmail.com", ""), ("Zenith", "al@gmail.com", ""), 0, []),
    (("Acme", "a@acme.co.uk", ""), ("Zenith", "b@zenith.co.uk", ""), 0, []),
    (("Acme", "a@shop.acme.co.uk", ""), ("Zenith", "b@x.com", "acme.co.uk/about"), 95, ["Same domain, acme.co.uk"]),
    (("Acme", "a@x.com", "https://eu.acme.com"), ("Zenith", "b@mail.acme.com", ""), 95, ["Same domain, acme.com"]),
    (("Acme", "a@x.com", "käse.de"), ("Zenith", "b@y.com", "xn--kse-qla.de"), 95, ["Same domain, xn--kse-qla.de"]),
    (("Müller GmbH", "a@x.com", ""), ("Muller", "b@y.com", ""), 90, ["Same name without its legal form"]),
    (("L’Oréal S.A.", "a@x.com", ""), ("LOREAL", "b@y.com", ""), 90, ["Same name without its legal form"]),
    (("株式会社東京", "a@x.com", ""), ("株式会社東京", "b@y.com", ""), 90, ["Same name without its legal form"]),
    (("Harbor Insurance", "a@x.com", ""), ("Harbour Insurance", "b@y.com", ""), 75, ["Names alike to 75 of 100"]),
    (("Northwind Dental", "a@x.com", ""), ("Northwind Dentel", "b@y.com", ""), 70, ["Names alike to 70 of 100"]),
    (("Summit Health", "a@x.com", ""), ("Summit Wealth", "b@y.com", ""), 64, ["Names alike to 64 of 100"]),
    (("Studio 54", "a@x.com", ""), ("Studio 55", "b@y.com", ""), 0, []),
    (("Acme", "a@x.com", ""), ("Acne", "b@y.com", ""), 0, []),
    (("Inc.", "a@x.com", ""), ("LLC", "b@y.com", ""), 0, []),
]


@pytest.mark.parametrize(("one", "other", "score", "reasons"), PAIRS, ids=[f"{a} | {b}" for a, b, _, _ in PAIRS])
def test_two_companies_are_compared_with_reasons(one: Told, other: Told, score: int, reasons: list[str]) -> None:
    for first, second in ((one, other), (other, one)):
        found = compare(told(first), told(second))
        assert (found.score, [reason.text for reason in found.reasons]) == (score, reasons)
        assert found.is_same is (score >= 70)


def told(company: Told) -> Company:
    return Company.told(name=company[0], email=company[1], site=company[2])


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text("abcdé 1", max_size=24), st.text("abcdé 1", max_size=24))
def test_names_are_as_alike_as_the_database_says(one: str, other: str) -> None:
    """The look-up by index may then leave out nothing that the comparison would find."""
    key, against = name_key(one), name_key(other)
    with connection.cursor() as cursor:
        cursor.execute("SELECT array_length(show_trgm(%s), 1), similarity(%s, %s)", [key, key, against])
        size, similarity = cursor.fetchone()
    assert len(trigrams(key)) == (size or 0)
    numbers = {word for word in f"{key} {against}".split() if "1" in word}
    if key and not numbers:
        assert likeness(key, against) == pytest.approx(100 * similarity, abs=1)


@pytest.mark.django_db
def test_possible_duplicates_are_found_whatever_became_of_them() -> None:
    program()
    lead = lead_of("ada", "Summit Health", "a@summit.example")
    same = lead_of("ben", "Summit Health LLC", "b@other.example")
    perhaps = lead_of("ben", "Summit Wealth", "c@wealth.example")
    lead_of("ben", "Quite Another", "d@another.example")
    move_lead(lead=perhaps, to=Stage.LOST, by=sam(), at=AT)
    assert [(each.lead, each.likeness.score) for each in duplicates(lead)] == [(same, 90), (perhaps, 64)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("company", "reference"),
    [
        (("Dune LLC", "x@y.example", ""), "dune"),
        (("Sand", "x@mail.dune.example", ""), "dune"),
        (("Muller", "x@y.example", ""), "mueller"),
        (("Elm", "x@y.example", ""), None),
        (("Gone", "x@gone.example", ""), None),
    ],
)
def test_a_client_is_recognised_by_domain_or_name_until_it_cancels(company: Told, reference: str | None) -> None:
    program(
        client("dune", name="Dune, Inc."),
        client("mueller", name="Müller GmbH"),
        client("gone", canceled="2026-06-30"),
    )
    (found,) = find_customers([told(company)], day("2027-01-01"))
    assert (found.reference if found else None) == reference


@pytest.mark.django_db
def test_many_companies_are_looked_up_among_clients_as_one_is(django_assert_num_queries: object) -> None:
    program(client("dune", name="Dune, Inc."))
    record(*(client(f"c{number}", name=f"Client {number}") for number in range(30)))
    companies = [told((f"Nobody {number}", f"x@n{number}.example", "")) for number in range(50)]
    found = find_customers([*companies, told(("Dune", "x@y.example", ""))], day("2027-01-01"))
    assert [each.reference if each else None for each in found] == [None] * 50 + ["dune"]
