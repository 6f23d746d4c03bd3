"""Messages as mail programs write them: who is introduced, and what is proposed of it."""

import pytest

from integrations.introductions.models import State, Why
from notices.models import Notice, NoticeKind
from referrals.models import Lead
from referrals.models.lead import Channel, Stage
from tests.cast import AT, owner_of
from tests.integrations.introductions.writing import arrive, became, letter, told, written

pytestmark = pytest.mark.django_db

CLEAR = [
    ("gmail", "Acme Logistics Inc.", "Dana Fox", "dana.fox@acme-logistics.com", "acme-logistics.com"),
    ("outlook", "Grossbau GmbH", "Jürgen Groß", "j.gross@grossbau.de", "grossbau.de"),
    ("apple", "O'Neil and Sons Ltd.", "Dana O'Neil", "dana@oneil-and-sons.co.uk", "oneil-and-sons.co.uk"),
    ("phone", "Birchwood", "Kim", "kim@birchwood.io", "birchwood.io"),
    ("japanese", "Yamada Denki", "山田太郎", "taro@yamada-denki.co.jp", "yamada-denki.co.jp"),
    ("hebrew", "Levi Tech", "דנה לוי", "dana@levi-tech.co.il", "levi-tech.co.il"),
    ("forward_gmail", "Acme Logistics Inc.", "Dana Fox", "dana@acme-logistics.com", "acme-logistics.com"),
    ("forward_outlook", "Acme Logistics", "Dana Fox", "dana@acme-logistics.com", "acme-logistics.com"),
    ("forward_outlook_german", "Grossbau", "Jürgen Groß", "j.gross@grossbau.de", "grossbau.de"),
    ("forward_apple", "Acme Logistics", "Dana Fox", "dana@acme-logistics.com", "acme-logistics.com"),
    ("forward_attached", "Acme Logistics", "Dana Fox", "dana@acme-logistics.com", "acme-logistics.com"),
    ("quoted", "Acme Logistics", "Dana Fox", "dana@acme-logistics.com", "acme-logistics.com"),
]


@pytest.mark.parametrize(("name", "company", "contact", "email", "domain"), CLEAR, ids=[row[0] for row in CLEAR])
def test_a_clear_introduction_becomes_a_lead(name: str, company: str, contact: str, email: str, domain: str) -> None:
    told()
    reading = arrive(letter(name))
    assert became(reading) == (State.LEAD, Why.INTRODUCED)
    lead = Lead.objects.get()
    assert (lead.company, lead.contact, lead.email, lead.domain) == (company, contact, email, domain)
    assert (lead.channel, lead.stage, lead.partner.reference) == (Channel.INTRODUCTION, Stage.SUBMITTED, "ada")
    assert (lead.registered_by, lead.is_attested) == (owner_of("ada"), False)
    assert reading.lead == lead
    assert reading.confirmed_at is None


LEFT_ALONE = [
    ("out_of_office", Why.BOUNCE),
    ("bounce", Why.BOUNCE),
    ("mailing_list", Why.LIST),
    ("calendar_invitation", Why.CALENDAR),
]


@pytest.mark.parametrize(("name", "why"), LEFT_ALONE)
def test_what_no_person_wrote_is_left_alone_and_not_answered(name: str, why: Why) -> None:
    told()
    assert became(arrive(letter(name))) == (State.LEFT, why)
    assert not Lead.objects.exists()
    assert not Notice.objects.filter(kind=NoticeKind.INTRODUCTION).exists()


AUTOMATIC = [
    ("Auto-Submitted: auto-generated\n", "Hello", Why.AUTOMATIC),
    ('Auto-Submitted: auto-replied; owner-email="x"\n', "Hello", Why.AUTOMATIC),
    ("X-Autoreply: yes\n", "Hello", Why.AUTOMATIC),
    ("Precedence: auto_reply\n", "Hello", Why.AUTOMATIC),
    ("In-Reply-To: <a@b>\n", "Abwesenheitsnotiz: Intro", Why.AUTOMATIC),
    ("X-Failed-Recipients: dana@acme.com\n", "Hello", Why.BOUNCE),
    ("Precedence: bulk\n", "Hello", Why.LIST),
    ("List-Archive: <https://x.example>\n", "Hello", Why.LIST),
    ("List-Owner: <mailto:x@x.example>\n", "Hello", Why.LIST),
    ("List-Subscribe: <mailto:x@x.example>\n", "Hello", Why.LIST),
    ("Mailing-List: list x@x.example; contact y@x.example\n", "Hello", Why.LIST),
    ("X-Mailing-List: <x@x.example>\n", "Hello", Why.LIST),
    ("List-Unsubscribe: <https://x.example>\n", "Hello", Why.LIST),
]


@pytest.mark.parametrize(("more", "subject", "why"), AUTOMATIC)
def test_the_marks_of_programs_are_known(more: str, subject: str, why: Why) -> None:
    told()
    assert became(arrive(written(more=more, subject=subject))) == (State.LEFT, why)
    assert not Lead.objects.exists()


def test_a_person_may_write_of_an_office() -> None:
    """A subject alone, without a message that it answers, is nobody's absence."""
    told()
    assert became(arrive(written(more="Auto-Submitted: no\n", subject="Out of office space: meet Dana")))[0] == "lead"


PEOPLE = [
    ("Dana <dana@acme.com>, Eve <eve@acme.com>", State.LEAD, Why.INTRODUCED),
    ("Dana <dana@acme.com>, Eve <eve@uk.acme.com>", State.LEAD, Why.INTRODUCED),
    ("Dana <dana@acme.com>, Bob <bob@birch.io>", State.WAITS, Why.SEVERAL_COMPANIES),
    ("Dana <dana@gmail.com>, Bob <bob@gmail.com>", State.WAITS, Why.SEVERAL_COMPANIES),
    ("Sam <colleague@hello.example>", State.WAITS, Why.NOBODY),
    ("Friend <friend@people.example>", State.WAITS, Why.NOBODY),
    ("undisclosed-recipients:;", State.WAITS, Why.NOBODY),
    ("Acme Logistics <No-Reply@acme-logistics.com>", State.WAITS, Why.NOBODY),
    ("noreply@acme-logistics.com, Dana Fox <dana@acme-logistics.com>", State.LEAD, Why.INTRODUCED),
    ("Ben <owner.of.ben@people.example>, Dana <dana@acme.com>", State.LEAD, Why.INTRODUCED),
]


@pytest.mark.parametrize(("to", "state", "why"), PEOPLE)
def test_who_stands_in_to_says_what_it_is(to: str, state: State, why: Why) -> None:
    told()
    reading = arrive(written(to=to))
    assert became(reading) == (state, why)
    assert Lead.objects.count() == (1 if state == State.LEAD else 0)


def test_of_several_people_of_a_company_the_first_is_the_contact_and_the_others_are_kept() -> None:
    told()
    reading = arrive(written(to="Dana <dana@acme.com>, Eve <eve@acme.com>"))
    assert (reading.email, reading.others) == ("dana@acme.com", [{"name": "Eve", "email": "eve@acme.com"}])


def test_an_unclear_forward_waits_for_a_person() -> None:
    told()
    assert became(arrive(letter("forward_unclear"))) == (State.WAITS, Why.UNCLEAR)
    assert not Lead.objects.exists()


def test_a_prospect_with_a_mailbox_at_a_provider_is_called_by_name_until_sales_knows_more() -> None:
    told()
    arrive(written(to="Dana Fox <dana.fox@gmail.com>"))
    lead = Lead.objects.get()
    assert (lead.company, lead.contact, lead.domain) == ("Dana Fox", "Dana Fox", "")


def test_a_name_of_signs_is_none() -> None:
    told()
    arrive(written(to="- <dana.fox@gmail.com>"))
    assert Lead.objects.get().contact == "Dana Fox"


def test_the_place_is_kept_from_when_it_came() -> None:
    told()
    reading = arrive(written(), at=AT)
    assert reading.lead is not None
    assert reading.lead.registered_on == AT.date()
    assert reading.lead.protected_until is not None
