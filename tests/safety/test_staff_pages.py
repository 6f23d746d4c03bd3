"""Every page of the company's people is opened by the roles of its right, and by nobody else."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import Role
from accounts.rights import HOLDERS, Right
from tests.cast import abe, fay, owner_of, pam, sam
from tests.world import two_worlds

PEOPLE = {Role.PROGRAM_MANAGER: pam, Role.SALES: sam, Role.FINANCE: fay, Role.FINANCE_APPROVER: abe}
# Of what the address asks for; a page that looks for a thing that is not there still asks for the right first.
EXAMPLES: dict[str, object] = {"int": 1, "string": "2026-01", "slug": "x", "uuid": UUID(int=0)}


def staff_pages() -> Iterator[tuple[str, str, Right | None]]:
    """The name, an address and the right of each page that has a right or is named as one of the staff's."""
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
        elif (right := getattr(pattern.callback, "right", None)) or str(pattern.name).startswith("staff_"):
            arguments = {name: EXAMPLES[kind] for name, kind in kinds.items()}
            yield str(pattern.name), reverse(str(pattern.name), kwargs=arguments), right


def pages() -> list[tuple[str, str, Right]]:
    """Those with a right; looked up by the tests themselves, since the address table is that of their settings."""
    return sorted((name, address, right) for name, address, right in staff_pages() if right is not None)


def answers(browser: Client, address: str) -> tuple[int, int]:
    """How a page answers to reading and to sending."""
    read, sent = browser.get(address), browser.post(address)
    for answer in (read, sent):
        answer.getvalue()  # A file is read to its end, which closes it.
    return read.status_code, sent.status_code


def is_refused(answered: tuple[int, int]) -> bool:
    """Whether neither reading nor sending is let in: 403, or 405 where the address has no such method."""
    return 403 in answered and set(answered) <= {403, 405}


def test_there_are_pages_and_their_names_say_whose_they_are() -> None:
    assert len(pages()) > 80
    assert [name for name, _, _ in pages() if not name.startswith("staff_")] == []
    assert [name for name, _, right in staff_pages() if right is None] == []


@pytest.mark.django_db
@pytest.mark.parametrize("role", list(PEOPLE))
def test_the_roles_of_its_right_open_a_page_and_no_others(role: Role) -> None:
    two_worlds()
    person, wrong = PEOPLE[role](), []
    for _, address, right in pages():
        browser = Client()
        browser.force_login(person)
        answered = answers(browser, address)
        is_right = answered[0] != 403 if role in HOLDERS[right] else is_refused(answered)
        wrong += [] if is_right else [(address, answered)]
    assert wrong == []


@pytest.mark.django_db
def test_a_partners_people_open_none_and_strangers_are_asked_who_they_are() -> None:
    two_worlds()
    wrong = []
    for _, address, _ in pages():
        partners = Client()
        partners.force_login(owner_of("ben"))
        wrong += [] if is_refused(answers(partners, address)) else [address]
        wrong += [] if 302 in answers(Client(), address) else [f"{address} for strangers"]
    assert wrong == []
