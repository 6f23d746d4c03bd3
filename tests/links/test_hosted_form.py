"""The form at a partner's link: from a visitor's details to one lead, and nothing for machines."""

import re
import time

import pytest
from django.core import signing
from django.test import Client

from affiliates.models import Program
from notices.models import Notice
from referrals.forms.enquiry import SALT as FORM_SALT
from referrals.models import Click, Enquiry, Lead, Link
from referrals.models.lead import Channel
from referrals.services.confirm_enquiry import confirm_enquiry
from referrals.services.enquire import MOST_TO_AN_ADDRESS, SALT, enquire
from referrals.services.register_lead import register_lead
from referrals.services.switch_link import switch_link
from tests.cast import AT, all_rows, owner_of, the_partner
from tests.conftest import Databases
from tests.links.company import BROWSER, company, ended, link_of
from tests.races.test_of_eight_one_wins import all_at_once, failures

DETAILS = {
    "company": "Oak Ltd", "contact": "Jo Oak", "email": "Jo@oak.example", "agents": "12", "consent": "on", "fax": "",
}  # fmt: skip


def opened(code: str, *, seconds_ago: float = 10) -> dict[str, str]:
    """The details with what the form carries when it was opened a while ago."""
    page = Client().get(f"/r/{code}/contact/", HTTP_USER_AGENT=BROWSER).content.decode()
    found = re.search(r'name="started" value="([^"]+)"', page)
    assert found
    _, click = signing.loads(found[1], salt=FORM_SALT)
    started = signing.dumps([AT.timestamp() - seconds_ago, click], salt=FORM_SALT)
    return DETAILS | {"started": started}


def asked() -> Enquiry:
    """Somebody who filled in the form at Ada's link."""
    found = asked_at(link_of())
    assert found
    return found


def asked_at(link: Link) -> Enquiry | None:
    return enquire(
        link=link, company="Oak Ltd", contact="Jo", email="jo@oak.example", agents=None, consent="Yes",
        visitor="v", at=AT,
    )  # fmt: skip


@pytest.mark.django_db
def test_from_the_form_to_a_lead() -> None:
    company()
    link = link_of()
    form = opened(link.code)
    assert Client().post(f"/r/{link.code}/contact/", form).headers["Location"] == f"/r/{link.code}/contact/sent/"
    notice = Notice.objects.get(recipient="jo@oak.example")
    assert "Oak" not in notice.subject + notice.body
    assert not Lead.objects.exists()
    page = Client().get(notice.path).content.decode()
    assert "Jo Oak" in page
    assert "If this was not you, close this page" in page
    assert not Lead.objects.exists()
    for _ in range(2):
        Client().post(notice.path)
    lead = Lead.objects.get()
    assert (lead.partner, lead.channel, lead.link, lead.click) == (
        the_partner("ada"), Channel.LINK, link, Click.objects.get()
    )  # fmt: skip
    assert (lead.company, lead.contact, lead.agents, lead.is_attested) == ("Oak Ltd", "Jo Oak", 12, True)
    assert "Your address is confirmed" in Client().get(notice.path).content.decode()


@pytest.mark.django_db
def test_the_partner_is_named() -> None:
    company()
    shown = Client().get(f"/r/{link_of().code}/contact/").content.decode()
    assert "Ada Partners" in shown


WRONG = [
    ({"consent": ""}, 10),
    ({"email": "jo@oak.example\r\nBcc: all@x.example"}, 10),
    ({"company": ""}, 10),
    ({"agents": "-1"}, 10),
    ({"started": "forged"}, 10),
    ({}, 1),
    ({}, 60 * 60 * 13),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("wrong", "seconds"), WRONG)
def test_a_form_that_is_wrong_or_too_quick_keeps_nothing(wrong: dict[str, str], seconds: float) -> None:
    company()
    link = link_of()
    form = opened(link.code, seconds_ago=seconds)
    before = all_rows()
    assert Client().post(f"/r/{link.code}/contact/", form | wrong).status_code == 422
    assert all_rows() == before


@pytest.mark.django_db
def test_a_machine_is_thanked_and_nothing_is_kept() -> None:
    company()
    link = link_of()
    form = opened(link.code) | {"fax": "555"}
    before = all_rows()
    assert Client().post(f"/r/{link.code}/contact/", form).status_code == 302
    assert all_rows() == before


@pytest.mark.django_db
def test_nobodys_mailbox_is_filled_and_the_answer_stays_the_same() -> None:
    company()
    link = link_of()
    answers = [Client().post(f"/r/{link.code}/contact/", opened(link.code)) for _ in range(MOST_TO_AN_ADDRESS + 2)]
    assert {(answer.status_code, answer.headers["Location"]) for answer in answers} == {
        (302, f"/r/{link.code}/contact/sent/")
    }
    assert Notice.objects.filter(recipient="jo@oak.example").count() == MOST_TO_AN_ADDRESS


@pytest.mark.django_db
def test_one_address_on_the_network_is_stopped_after_twenty() -> None:
    company()
    link = link_of()
    codes = [Client().post(f"/r/{link.code}/contact/", DETAILS).status_code for _ in range(21)]
    assert codes == [422] * 20 + [429]


@pytest.mark.django_db
def test_a_form_without_a_partner_is_closed_politely() -> None:
    company()
    link = link_of()
    form = opened(link.code)
    ended("ada", "2026-12-31")
    assert Client().get(f"/r/{link.code}/contact/").status_code == 410
    answer = Client().post(f"/r/{link.code}/contact/", form)
    assert answer.status_code == 410
    assert Program.current().company_email in answer.content.decode()
    assert not Enquiry.objects.exists()
    assert Client().get("/r/nobody/contact/").status_code == 404


@pytest.mark.django_db
def test_a_link_that_is_off_has_no_form() -> None:
    company()
    link = switch_link(link=link_of(), is_on=False, by=None, at=AT)
    assert Client().get(f"/r/{link.code}/contact/").status_code == 410


@pytest.mark.django_db
def test_the_visitor_never_learns_who_is_known_already() -> None:
    company()
    register_lead(
        partner=the_partner("ada"), company="Oak Ltd", contact="Jo", email="jo@oak.example", is_attested=True,
        by=owner_of("ada"), at=AT,
    )  # fmt: skip
    confirmed = confirm_enquiry(enquiry=asked(), at=AT)
    assert (confirmed.confirmed_at, confirmed.lead) == (AT, None)
    assert Lead.objects.count() == 1


@pytest.mark.django_db
def test_a_company_of_another_partner_becomes_a_conflict_and_takes_nothing_away() -> None:
    company()
    first = register_lead(
        partner=the_partner("ben"), company="Oak Ltd", contact="Jo", email="jo@oak.example", is_attested=True,
        by=owner_of("ben"), at=AT,
    )  # fmt: skip
    lead = confirm_enquiry(enquiry=asked(), at=AT).lead
    first.refresh_from_db()
    assert lead is not None
    assert (lead.is_under_review, first.is_under_review) == (True, False)


@pytest.mark.django_db
def test_a_partnership_that_ended_meanwhile_gets_no_lead() -> None:
    company()
    enquiry = asked()
    ended("ada", "2026-12-31")
    assert confirm_enquiry(enquiry=enquiry, at=AT).lead is None
    assert not Lead.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["forged", "MQ:1abc:xyz"])
def test_a_link_that_is_not_ours_confirms_nothing(token: str) -> None:
    company()
    asked()
    assert Client().post(f"/contact/{token}/confirm/").status_code == 404
    assert not Lead.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("days", "status"), [(2.9, 200), (3.1, 404)])
def test_a_confirmation_is_good_for_three_days(days: float, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    company()
    token = signing.dumps(asked().pk, salt=SALT)
    later = time.time() + days * 24 * 60 * 60
    monkeypatch.setattr(time, "time", lambda: later)
    assert Client().get(f"/contact/{token}/confirm/").status_code == status


def test_eight_confirm_at_once_and_there_is_one_lead(real_db: Databases) -> None:
    company()
    enquiry = asked()
    outcomes = all_at_once(lambda: confirm_enquiry(enquiry=enquiry, at=AT))
    assert failures(outcomes) == []
    assert Lead.objects.count() == 1
    assert Enquiry.objects.get().lead == Lead.objects.get()


def test_eight_ask_at_once_and_the_address_gets_three_letters(real_db: Databases) -> None:
    company()
    link = link_of()
    outcomes = all_at_once(lambda: asked_at(link))
    assert failures(outcomes) == []
    assert Notice.objects.count() == Enquiry.objects.count() == MOST_TO_AN_ADDRESS
