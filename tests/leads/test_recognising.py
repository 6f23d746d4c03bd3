"""When two registrations are of the same company (RULES, "One lead, one partner")."""

import pytest

from referrals.companies import mail_domain, name_key, own_domain, registrable_domain
from referrals.models.conflict import RecognisedBy
from referrals.recognition import Company, KnownCompanies, compare

EMAIL, DOMAIN, NAME = RecognisedBy.EMAIL, RecognisedBy.DOMAIN, RecognisedBy.NAME
Told = tuple[str, str, str]  # Name, e-mail address, site.

SAME: list[tuple[Told, Told, RecognisedBy | None]] = [
    (("Dune", "dan@dune.com", ""), ("Sand", "DAN@Dune.com", ""), EMAIL),
    (("Dune", "dan@gmail.com", ""), ("Sand", "dan@gmail.com", ""), EMAIL),
    (("Dune", "dan@gmail.com", ""), ("Sand", "eve@gmail.com", ""), None),
    (("Dune", "dan@yahoo.co.uk", ""), ("Sand", "eve@yahoo.co.uk", ""), None),
    (("Dune", "a@dune.com", ""), ("Sand", "b@dune.com", ""), DOMAIN),
    (("Dune", "a@gmail.com", "https://www.dune.com/about"), ("Sand", "b@gmail.com", "dune.com"), DOMAIN),
    (("Dune", "a@gmail.com", "dune.com"), ("Sand", "b@mail.dune.com", ""), DOMAIN),
    (("Dune", "a@gmail.com", "shop.dune.co.uk"), ("Sand", "b@gmail.com", "dune.co.uk"), DOMAIN),
    (("Dune", "a@gmail.com", "dune.co.uk"), ("Sand", "b@gmail.com", "sand.co.uk"), None),
    (("Dune", "a@gmail.com", "facebook.com/dune"), ("Sand", "b@gmail.com", "facebook.com/sand"), None),
    (("Dune", "a@gmail.com", "dune.github.io"), ("Sand", "b@gmail.com", "sand.github.io"), None),
    (("Dune", "a@dune.com", ""), ("Dune, Inc.", "b@sand.com", ""), NAME),
    (("Dune LLC", "a@dune.com", ""), ("The Dune Company", "b@sand.com", ""), NAME),
    (("Müller GmbH", "a@dune.com", ""), ("MULLER", "b@sand.com", ""), NAME),
    (("Smith & Sons Ltd.", "a@dune.com", ""), ("Smith and Sons", "b@sand.com", ""), NAME),
    (("Northwind Dental", "a@dune.com", ""), ("North Wind Dental, LLC", "b@sand.com", ""), NAME),
    (("Northwind Dental", "a@dune.com", ""), ("Northwind Dentl", "b@sand.com", ""), NAME),
    (("Northwind Dental", "a@dune.com", ""), ("Dental Northwind", "b@sand.com", ""), NAME),
    (("Harbor Insurance", "a@dune.com", ""), ("Harbour Insurance", "b@sand.com", ""), NAME),
    (("شركة النور", "a@dune.com", ""), ("شركة النور", "b@sand.com", ""), NAME),
    (("Acme", "a@dune.com", ""), ("Acne", "b@sand.com", ""), None),
    (("Summit Health", "a@dune.com", ""), ("Summit Wealth", "b@sand.com", ""), None),
    (("Oak Street Dental", "a@dune.com", ""), ("Elm Street Dental", "b@sand.com", ""), None),
    (("Studio Fifty 54", "a@dune.com", ""), ("Studio Fifty 55", "b@sand.com", ""), None),
    (("Acme Holdings", "a@dune.com", ""), ("Acme Health", "b@sand.com", ""), None),
    (("!!!", "a@dune.com", ""), ("???", "b@sand.com", ""), None),
]


def company(told: Told) -> Company:
    return Company.told(name=told[0], email=told[1], site=told[2])


@pytest.mark.parametrize(("one", "other", "by"), SAME, ids=[f"{a} | {b}" for a, b, _ in SAME])
def test_what_is_the_same_company(one: Told, other: Told, by: RecognisedBy | None) -> None:
    for found in (compare(company(one), company(other)), compare(company(other), company(one))):
        assert (found.reasons[0].by if found.is_same else None) == by


@pytest.mark.parametrize(("one", "other", "by"), SAME, ids=[f"{a} | {b}" for a, b, _ in SAME])
def test_many_companies_at_hand_are_recognised_alike(one: Told, other: Told, by: RecognisedBy | None) -> None:
    known = KnownCompanies()
    known.add(company(("Quite another", "x@another.com", "")), "another")
    known.add(company(one), "one")
    assert known.find(company(other)) == ("one" if by else None)


@pytest.mark.parametrize(
    ("site", "domain"),
    [
        ("https://www.acme.co.uk/about?x=1", "acme.co.uk"),
        ("ACME.com.", "acme.com"),
        ("acme.com:8080", "acme.com"),
        ("http://käse.de", "xn--kse-qla.de"),
        ("localhost", ""),
        ("10.0.0.1", ""),
        ("co.uk", ""),
        ("javascript:alert(1)", ""),
        ("http://[::1", ""),
        ("a b.com", ""),
        ("", ""),
    ],
)
def test_the_domain_that_somebody_registered(site: str, domain: str) -> None:
    assert registrable_domain(site) == domain


def test_a_shared_domain_says_nothing_of_a_company() -> None:
    assert (own_domain("www.facebook.com/acme"), mail_domain("jo@googlemail.com"), mail_domain("jo@acme.com")) == (
        "",
        "",
        "acme.com",
    )


def test_a_name_of_nothing_but_its_legal_form_is_still_a_name() -> None:
    assert (name_key("Inc."), name_key("The The"), name_key("L’Oréal S.A.")) == ("inc", "the", "loreal")
