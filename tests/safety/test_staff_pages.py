"""Every page of the company's people is opened by the roles of its right, and by nobody else."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import Role
from accounts.rights import HOLDERS, Right
from tests.cast import abe, fay, owner_of, pam, sam
from tests.world import two_worlds

PEOPLE = {Role.PROGRAM_MANAGER: pam, Role.SALES: sam, Role.FINANCE: fay, Role.FINANCE_APPROVER: abe}
# Of what the address asks for; a page that looks for a thing that is not there still asks for the right first.
EXAMPLES: dict[str, object] = {"int": 1, "string": "2026-01", "slug": "x", "uuid": "0" * 32}


def staff_pages() -> Iterator[tuple[str, str, Right]]:
    """The name, an address and the right of each page of the staff."""
    patterns: list[tuple[URLPattern | URLResolver, dict[str, str]]] = [
        (each, {}) for each in get_resolver().url_patterns
    ]
    while patterns:
        pattern, before = patterns.pop()
        kinds = before | {
            name: type(converter).__name__.removesuffix("Converter").lower()
            for name, converter in pattern.pattern.converters.items()
        }
        if isinstance(pattern, URLResolver):
            patterns += [(each, kinds) for each in pattern.url_patterns]
        elif (right := getattr(pattern.callback, "right", None)) is not None:
            arguments = {name: EXAMPLES[kind] for name, kind in kinds.items()}
            yield str(pattern.name), reverse(str(pattern.name), kwargs=arguments), right


PAGES = sorted(staff_pages())


def test_there_are_pages_and_their_names_say_whose_they_are() -> None:
    assert PAGES
    assert [name for name, _, _ in PAGES if not name.startswith("staff_")] == []


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "address", "right"), PAGES, ids=[name for name, _, _ in PAGES])
def test_a_page_opens_for_the_roles_of_its_right_alone(name: str, address: str, right: Right) -> None:
    two_worlds()
    for role, person in PEOPLE.items():
        browser = Client()
        browser.force_login(person())
        answers = (browser.get(address).status_code, browser.post(address).status_code)
        if role in HOLDERS[right]:
            assert answers[0] != 403, f"{role} GET {address}: {answers[0]}"
        else:
            assert is_refused(answers), f"{role} {address}: {answers}"
    partners = Client()
    partners.force_login(owner_of("ben"))
    assert is_refused((partners.get(address).status_code, partners.post(address).status_code))
    assert 302 in (Client().get(address).status_code, Client().post(address).status_code)


def is_refused(answers: tuple[int, int]) -> bool:
    """Whether neither reading nor sending is let in: 403, or 405 where the address has no such method."""
    return 403 in answers and set(answers) <= {403, 405}
