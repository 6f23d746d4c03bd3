"""The audit trail is a chain of hashes, and `verify_audit` finds what was done to it."""

from contextlib import closing
from datetime import timedelta
from io import StringIO

import psycopg2
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.audit_chain import Proof, verify
from accounts.models import AuditEntry, AuditSeal
from accounts.services.seal_audit import seal_audit
from accounts.services.write_audit import write_audit
from tests.cast import AT, pam


def written(count: int = 3) -> list[AuditEntry]:
    return [
        write_audit(by=pam(), at=AT, action="tried", subject=f"thing {number}", note="ünïcode")
        for number in range(count)
    ]


def force(statement: str, *parameters: object) -> None:
    """Do to the trail what only somebody with the whole database server could do."""
    owner = settings.OWNER_DATABASE
    name = connection.settings_dict["NAME"]
    signed_in = psycopg2.connect(dbname=name, user="postgres", host=owner["HOST"], port=owner["PORT"])
    with closing(signed_in), signed_in, signed_in.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement, parameters)


def proved(**noted: tuple[int, str]) -> tuple[Proof, list[str]]:
    proof = Proof()
    return proof, list(verify(proof, at=AT, **noted))


@pytest.mark.django_db
def test_entries_are_sealed_once_and_each_upon_the_one_before() -> None:
    entries = written()
    assert seal_audit(at=AT) == 3
    assert seal_audit(at=AT) == 0
    seals = list(AuditSeal.objects.order_by("number"))
    assert [seal.entry_id for seal in seals] == [entry.pk for entry in entries]
    assert len({seal.hash for seal in seals}) == 3
    proof, wrong = proved()
    assert (proof.links, proof.head, wrong) == (3, seals[-1].hash, [])


@pytest.mark.django_db
def test_the_command_says_that_the_trail_holds_and_which_link_to_note() -> None:
    written()
    said = StringIO()
    call_command("verify_audit", stdout=said)
    last = AuditSeal.objects.get(number=3)
    assert "3 entries" in said.getvalue()
    assert f"3:{last.hash}" in said.getvalue()
    write_audit(by=None, at=AT, action="tried", subject="another")
    call_command("verify_audit", noted=(3, last.hash), stdout=said)


@pytest.mark.usefixtures("real_db")
def test_a_changed_entry_is_found() -> None:
    _, second, _ = written()
    seal_audit(at=AT)
    force("UPDATE accounts_auditentry SET subject = 'thing 9' WHERE id = %s", second.pk)
    with pytest.raises(CommandError, match=f"link 2 does not fit: audit entry {second.pk}"):
        call_command("verify_audit")


@pytest.mark.usefixtures("real_db")
def test_an_entry_that_was_taken_out_with_its_link_is_found() -> None:
    _, second, _ = written()
    seal_audit(at=AT)
    force("DELETE FROM accounts_auditseal WHERE entry_id = %s", second.pk)
    force("DELETE FROM accounts_auditentry WHERE id = %s", second.pk)
    _, wrong = proved()
    assert wrong[0] == "link 2 is missing, the next one is 3"


@pytest.mark.usefixtures("real_db")
def test_a_chain_that_was_written_anew_does_not_have_the_link_that_was_noted() -> None:
    entries = written()
    seal_audit(at=AT)
    noted = (3, AuditSeal.objects.get(number=3).hash)
    force("DELETE FROM accounts_auditseal")
    force("UPDATE accounts_auditentry SET action = 'denied' WHERE id = %s", entries[0].pk)
    seal_audit(at=AT)
    assert proved()[1] == []
    assert proved(noted=noted)[1] == ["link 3 is not the one that was noted"]


@pytest.mark.django_db
def test_an_entry_that_nobody_sealed_for_long_is_told() -> None:
    (entry,) = written(1)
    wrong = list(verify(Proof(), at=AT + timedelta(hours=1)))
    assert wrong == [f"audit entry {entry.pk} of 2027-01-01 12:00 is not sealed"]
