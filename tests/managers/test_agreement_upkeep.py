"""A version of the Agreement is compared before it is published, and partners are reminded at most once a day."""

from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry
from affiliates.models import AgreementVersion
from affiliates.services.accept_agreement import accept_agreement, publish_version
from notices.models import Notice
from tests.cast import AT, owner_of, pam, partner, program, record, the_partner
from tests.managers.desk import at_desk, words

pytestmark = pytest.mark.django_db
PAGE, NEW, REMIND = "/admin/program/agreement/", "/admin/program/agreement/new/", "/admin/program/agreement/remind/"
FIRST = "1. Scope. All of it.\n\n2. Money. Twenty per cent.\n"
SECOND = "1. Scope. All of it.\n\n2. Money. Thirty per cent.\n"


@pytest.fixture(autouse=True)
def _first() -> Any:
    program()
    with time_machine.travel("2027-01-05T12:00:00Z", tick=False):
        publish_version(number="1", title="Terms", text=FIRST, by=None, at=AT)
        yield


def written(**changes: str) -> dict[str, Any]:
    current = AgreementVersion.current()
    return {"number": "2", "title": "Terms", "text": SECOND, "after": current.pk if current else ""} | changes


def reminders() -> int:
    return Notice.objects.filter(key__startswith="agreement-reminder:").count()


class TestWriting:
    def test_begins_with_the_current_text(self) -> None:
        assert "Twenty per cent." in words(at_desk(pam()).get(NEW))

    def test_is_compared_and_tells_what_follows_before_anything_is_published(self) -> None:
        said = words(at_desk(pam()).post(NEW, written() | {"look": "yes"}))
        assert "2 partners have to accept it anew" in said
        assert "Twenty" in said
        assert "<ins>" in said
        assert AgreementVersion.objects.count() == 1

    def test_is_published_and_everybody_is_asked(self) -> None:
        assert at_desk(pam()).post(NEW, written() | {"publish": "yes"}).status_code == 302
        current = AgreementVersion.objects.order_by("-id")[0]
        assert (current.number, current.text) == ("2", SECOND)
        assert Notice.objects.filter(key__startswith=f"agreement:{current.pk}:").count() == 2

    @pytest.mark.parametrize(
        ("changes", "why"),
        [
            ({"number": "1"}, "There is a version 1 already"),
            ({"text": FIRST}, "It says what Version 1 says"),
            ({"text": "  "}, "Write the text"),
            ({"title": ""}, "This is still empty"),
        ],
    )
    def test_is_refused_with_the_reason(self, changes: dict[str, str], why: str) -> None:
        assert why in words(at_desk(pam()).post(NEW, written(**changes) | {"publish": "yes"}), 422)
        assert AgreementVersion.objects.count() == 1

    def test_of_two_at_once_the_second_compares_again(self) -> None:
        seen = written(number="3")
        at_desk(pam()).post(NEW, written() | {"publish": "yes"})
        said = words(at_desk(pam()).post(NEW, seen | {"publish": "yes"}), 409)
        assert "Version 2 was published meanwhile" in said
        assert AgreementVersion.objects.count() == 2


class TestReminding:
    def test_lists_who_must_accept_with_owners(self) -> None:
        owner_of("ada")
        said = words(at_desk(pam()).get(PAGE))
        assert "2 partners must still accept it" in said
        assert "Owner.Of.Ada" in said
        assert "Never" in said

    def test_each_at_most_once_a_day_and_audited(self) -> None:
        ada = the_partner("ada")
        manager = at_desk(pam())
        manager.post(REMIND, {"chosen": [ada.pk]})
        assert reminders() == 1
        manager.post(REMIND, {"chosen": [ada.pk]})
        manager.post(REMIND, {"all": "yes"})
        assert reminders() == 2  # Ben's.
        assert AuditEntry.objects.filter(action="reminded of agreement", by=pam()).count() == 2
        assert "5 Jan 2027" in words(manager.get(PAGE))
        with time_machine.travel("2027-01-06T18:00:00Z", tick=False):
            at_desk(pam()).post(REMIND, {"all": "yes"})
        assert reminders() == 4

    def test_who_accepted_meanwhile_is_left_alone(self) -> None:
        ada, version = the_partner("ada"), AgreementVersion.objects.get()
        accept_agreement(partner=ada, version=version, name="Olga", by=owner_of("ada"), at=AT)
        at_desk(pam()).post(REMIND, {"chosen": [ada.pk, "nonsense"]})
        assert reminders() == 0
        assert "Ada Partners" not in words(at_desk(pam()).get(PAGE))

    def test_nobody_ticked_says_so(self) -> None:
        assert "Tick the partners" in words(at_desk(pam()).post(REMIND, {}, follow=True))

    def test_the_list_costs_the_same_for_thirty(self) -> None:
        manager = at_desk(pam())

        def cost() -> int:
            with CaptureQueriesContext(connection) as captured:
                words(manager.get(PAGE))
            return len(captured)

        few = cost()
        record(*(partner(f"p{number}") for number in range(30)))
        assert cost() == few
