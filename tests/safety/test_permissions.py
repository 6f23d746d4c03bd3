"""Who may do what is one table: in `docs/permissions.md` for people, held here against services and pages."""

import inspect
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

import pytest
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import Role, User
from accounts.rights import HOLDERS, NotPermitted, Right, may, needs, require, table
from tests.cast import abe, fay, owner_of, pam, program, sam

pytestmark = pytest.mark.django_db

PEOPLE: dict[Role, Callable[[], User]] = {
    Role.PROGRAM_MANAGER: pam,
    Role.SALES: sam,
    Role.FINANCE: fay,
    Role.FINANCE_APPROVER: abe,
}
DOORS = ("integrations.stripe", "integrations.partnerstack", "integrations.introductions", "integrations.crm")
APPS = ("accounts", "affiliates", "referrals", "clients", "commissions", "payouts", *DOORS, "portal")
# Steps of the company that take somebody, and whose right is looked at inside, since partners take them too.
LOOKED_AT_INSIDE = {Right.END_PARTNERSHIPS}


def _services() -> Iterator[ModuleType]:
    for app in APPS:
        package = import_module(app)
        found = [module.name for module in iter_modules(package.__path__) if module.name == "services"]
        for name in found:
            services = import_module(f"{app}.{name}")
            for module in iter_modules(services.__path__):
                yield import_module(f"{app}.{name}.{module.name}")


def rights_of_services() -> dict[Right, set[str]]:
    """The steps that each right is needed for."""
    found: dict[Right, set[str]] = {right: set() for right in Right}
    for module in _services():
        for name, step in inspect.getmembers(module, inspect.isfunction):
            right = getattr(step, "right", None)
            if right is not None and step.__module__ == module.__name__:
                found[right].add(f"{module.__name__}.{name}")
    return found


def rights_of_pages() -> dict[Right, set[str]]:
    """The pages that each right opens."""
    found: dict[Right, set[str]] = {right: set() for right in Right}
    patterns: list[URLPattern | URLResolver] = list(get_resolver().url_patterns)
    while patterns:
        pattern = patterns.pop()
        if isinstance(pattern, URLResolver):
            patterns += pattern.url_patterns
        elif (right := getattr(pattern.callback, "right", None)) is not None:
            found[right].add(str(pattern.name))
    return found


def test_the_page_for_people_is_the_table_of_the_code() -> None:
    page = (Path(settings.BASE_DIR) / "docs" / "permissions.md").read_text()
    assert "\n".join(table()) in page


def test_each_right_has_somebody_who_holds_it() -> None:
    assert set(HOLDERS) == set(Right)
    assert all(HOLDERS.values())


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("right", list(Right))
def test_each_role_has_exactly_the_rights_of_the_table(role: Role, right: Right) -> None:
    person = PEOPLE[role]()
    assert may(person, right) is (role in HOLDERS[right])


def test_a_partners_owner_and_who_was_switched_off_hold_nothing() -> None:
    program()
    gone = pam()
    gone.is_active = False
    gone.save()
    for person in (owner_of("ada"), gone):
        assert not [right for right in Right if may(User.objects.get(pk=person.pk), right)]


def test_a_refusal_says_whose_role_it_takes() -> None:
    with pytest.raises(NotPermitted, match=r"may not approve payouts .* takes the role Finance approver"):
        require(fay(), Right.APPROVE_PAYOUTS)


def test_a_step_is_not_taken_without_its_right() -> None:
    taken = []

    @needs(Right.RUN_MONTHS)
    def step(*, by: User | None) -> None:
        taken.append(by)

    with pytest.raises(NotPermitted):
        step(by=sam())
    assert taken == []
    step(by=None)
    step(by=fay())
    assert taken == [None, fay()]
