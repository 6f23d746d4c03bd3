"""The numbers of leads by stage are what counting the leads gives, whatever was done to them and by how many."""

import random
from collections import Counter
from collections.abc import Sequence

import pytest
from django.db import connection, transaction
from django.db.migrations import RunSQL
from django.db.migrations.loader import MigrationLoader

from accounts.reading import read_together
from affiliates.models import Partner
from referrals.models import Lead, LeadCount
from referrals.models.lead import Stage
from referrals.models.lead_count import leads_by_stage
from referrals.services.move_lead import move_lead
from tests.cast import AT, day, owner_of, program, sam, the_partner
from tests.conftest import Databases
from tests.leads.telling import lead_of
from tests.races.test_of_eight_one_wins import all_at_once, failures

MOVES = 60


def kept(partner: Partner) -> dict[str, int]:
    """The numbers that PostgreSQL kept; a stage without leads is left out."""
    (found,) = read_together(leads_by_stage(partner))
    return {stage: leads for stage, leads in found if leads}


def counted(partner: Partner) -> dict[str, int]:
    return dict(Counter(Lead.objects.filter(partner=partner).values_list("stage", flat=True)))


def fresh(partner: Partner, numbers: Sequence[int]) -> list[Lead]:
    """Leads that no step was taken with."""
    by = owner_of(partner.reference)
    kept = day("2026-12-01")
    return [
        Lead(
            partner=partner,
            company=f"Company {number}",
            registered_on=day("2026-01-01"),
            registered_by=by,
            protected_until=kept,
            is_attested=True,
        )
        for number in numbers
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(5))
def test_whatever_is_done_to_leads(seed: int) -> None:
    program()
    chance = random.Random(seed)
    partners = [the_partner("ada"), the_partner("ben")]
    for _ in range(MOVES):
        partner, keys = chance.choice(partners), list(Lead.objects.order_by("pk").values_list("pk", flat=True))
        some = Lead.objects.filter(pk__in=chance.sample(keys, k=chance.randint(0, len(keys))))
        match chance.randrange(5):
            case 0:
                Lead.objects.bulk_create(fresh(partner, range(chance.randint(1, 9))))
            case 1:
                some.update(stage=chance.choice(Stage.values))
            case 2:
                some.update(partner=partner)
            case 3:
                some.delete()
            case 4:
                some.update(company="Renamed")
        for each in partners:
            assert kept(each) == counted(each)


@pytest.mark.django_db
def test_what_is_taken_back_was_never_counted() -> None:
    program()
    lead, ada = lead_of("ada"), the_partner("ada")
    with transaction.atomic():
        move_lead(lead=lead, to=Stage.QUALIFIED, by=sam(), at=AT)
        assert kept(ada) == {Stage.QUALIFIED: 1}
        transaction.set_rollback(True)
    assert kept(ada) == {Stage.SUBMITTED: 1}


def test_eight_who_move_leads_of_a_partner_at_once_are_all_counted(real_db: Databases) -> None:
    program()
    by, ada = sam(), the_partner("ada")
    leads = [lead_of("ada", letter * 9, f"jo@{letter}.example") for letter in "abcdefgh"]
    turns = list(leads)
    assert failures(all_at_once(lambda: move_lead(lead=turns.pop(), to=Stage.QUALIFIED, by=by, at=AT))) == []
    assert kept(ada) == {Stage.QUALIFIED: 8}
    for lead in leads[:3]:
        move_lead(lead=lead, to=Stage.DEMO_SCHEDULED, by=by, at=AT)
    assert kept(ada) == counted(ada) == {Stage.QUALIFIED: 5, Stage.DEMO_SCHEDULED: 3}


def test_two_who_change_many_leads_past_the_services_are_both_counted(real_db: Databases) -> None:
    program()
    ada, ben = the_partner("ada"), the_partner("ben")
    Lead.objects.bulk_create([*fresh(ada, range(8)), *fresh(ben, range(8))])
    stages = [Stage.QUALIFIED, Stage.LOST] * 4
    keys = list(Lead.objects.order_by("pk").values_list("pk", flat=True))
    turns = [(stage, keys[place::8]) for place, stage in enumerate(stages)]

    def change() -> None:
        stage, mine = turns.pop()
        Lead.objects.filter(pk__in=mine).update(stage=stage)

    assert failures(all_at_once(change)) == []
    assert kept(ada) == counted(ada) == kept(ben) == {Stage.QUALIFIED: 4, Stage.LOST: 4}


@pytest.mark.django_db
def test_leads_of_before_the_numbers_were_kept_are_counted_once() -> None:
    program()
    ada = the_partner("ada")
    Lead.objects.bulk_create(fresh(ada, range(4)))
    LeadCount.objects.all().delete()
    operations = MigrationLoader(None).get_migration("referrals", "0013_lead_counts").operations
    (count_all,) = (operation for operation in operations if isinstance(operation, RunSQL))
    with connection.cursor() as cursor:
        cursor.execute(str(count_all.sql))
    assert kept(ada) == counted(ada) == {Stage.SUBMITTED: 4}
