"""Managers at the same client, or at each other's roles, at the same moment."""

from decimal import Decimal
from itertools import cycle

from accounts.models import AuditEntry, Role, User
from accounts.services.give_roles import RolesRefused, give_roles
from affiliates.models import FactBatch
from clients.models import Client, ClientHistory
from clients.services.move_clients import MoveRefused, move_clients
from notices.models import Notice
from tests.cast import AT, _person, balance, client, close, close_months, monthly, pam, partner, program, the_partner
from tests.conftest import Databases
from tests.races.test_of_eight_one_wins import all_at_once, failures


def test_eight_move_a_client_to_two_partners_and_it_goes_once(real_db: Databases) -> None:
    program(
        partner("cy"),
        client("acme"),
        monthly("acme", "2026-01", "1000.00"),
        monthly("acme", "2026-02", "1000.00"),
    )  # fmt: skip
    close_months("2026-01", "2026-01")
    moved, by, ada = Client.objects.get(), pam(), the_partner("ada")
    turns = cycle(["ben", "cy"])
    before = FactBatch.objects.count()

    def move() -> object:
        to = the_partner(next(turns))
        return move_clients(of=ada, to=to, clients=[moved.pk], reason="Asked", by=by, at=AT)

    assert failures(all_at_once(move)) == [MoveRefused] * 7
    moved.refresh_from_db()
    has_it = moved.partner.reference
    assert has_it in ("ben", "cy")
    assert FactBatch.objects.count() == before + 1
    assert ClientHistory.objects.filter(client=moved).count() == 2
    assert AuditEntry.objects.filter(action="client moved").count() == 1
    assert sorted(Notice.objects.filter(key__startswith="clients:").values_list("about", flat=True)) == sorted(
        ["Ada Partners", f"{has_it.title()} Partners"]
    )
    close("2026-02")
    assert {key: balance(key) for key in ("ada", "ben", "cy")} == dict.fromkeys(("ada", "ben", "cy"), Decimal(0)) | {
        has_it: Decimal("400.00")
    }


def managers_of(count: int) -> list[User]:
    return [_person(f"manager{number}", Role.PROGRAM_MANAGER) for number in range(count)]


def test_two_managers_take_each_others_role_and_one_stays(real_db: Databases) -> None:
    one, two = managers_of(2)
    turns = cycle([(one, two), (two, one)])

    def take() -> object:
        by, person = next(turns)
        return give_roles(person=person, roles=[Role.SALES], by=by, at=AT)

    failures(all_at_once(take))
    left = User.objects.filter(groups__name=Role.PROGRAM_MANAGER)
    assert left.count() == 1
    assert AuditEntry.objects.filter(action="roles changed").count() == 1


def test_roles_given_at_once_are_those_of_one_who_gave_them(real_db: Databases) -> None:
    [one] = managers_of(1)
    person = _person("nina", Role.SALES)
    turns = cycle([[Role.FINANCE], [Role.SALES, Role.FINANCE_APPROVER]])
    outcomes = all_at_once(lambda: give_roles(person=person, roles=next(turns), by=one, at=AT))
    assert failures(outcomes) == []
    held = set(person.groups.values_list("name", flat=True))
    assert held in ({Role.FINANCE.value}, {Role.SALES.value, Role.FINANCE_APPROVER.value})
    told: set[str] = {Role.SALES.value}
    for entry in AuditEntry.objects.filter(action="roles changed").order_by("pk"):
        assert not told & set(entry.details["given"])
        assert set(entry.details["taken"]) <= told
        told = told - set(entry.details["taken"]) | set(entry.details["given"])
    assert told == held


def test_the_last_manager_keeps_the_role_whoever_asks_at_once(real_db: Databases) -> None:
    one, two = managers_of(2)
    give_roles(person=two, roles=[Role.SALES], by=one, at=AT)
    outcomes = all_at_once(lambda: give_roles(person=one, roles=[], by=None, at=AT))
    assert failures(outcomes) == [RolesRefused] * 8
    assert list(User.objects.filter(groups__name=Role.PROGRAM_MANAGER)) == [one]
