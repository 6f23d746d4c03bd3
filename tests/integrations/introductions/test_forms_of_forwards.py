"""Whom a forwarded or quoted message is from, in the forms that mail programs give it, and where that is not clear."""

import time

import pytest

from integrations.introductions.forwarded import people_forwarded
from integrations.introductions.letter import Letter
from integrations.introductions.models import State, Why
from referrals.models import Lead
from tests.integrations.introductions.writing import ADA, US, arrive, became, told, written

pytestmark = pytest.mark.django_db
OLGA = f"Olga Owner <{ADA}>"
DANA = ("Dana Fox", "dana@acme-logistics.com")
GMAIL = f"""---------- Forwarded message ---------
From: {{}}
Date: Thu, Oct 1, 2026 at 9:00 AM
Subject: Phone system
To: {OLGA}

Hi Olga, we need a phone system."""

BLOCKS = {
    "Thunderbird in German": (
        f"-------- Weitergeleitete Nachricht --------\nBetreff: \tTelefon\nDatum: \tThu, 1 Oct 2026\n"
        f"Von: \tDana Fox <dana@acme-logistics.com>\nAn: \t{OLGA}\n\nHallo"
    ),
    "Thunderbird in French": (
        f"-------- Message transféré --------\nSujet : \tTéléphone\nDate : \tThu, 1 Oct 2026\n"
        f"De : \tDana Fox <dana@acme-logistics.com>\nPour : \t{OLGA}\n\nBonjour"
    ),
    "Outlook in French": (
        f"De : Dana Fox <dana@acme-logistics.com>\nEnvoyé : jeudi 1 octobre 2026 09:00\nÀ : {OLGA}\nObjet : Téléphone"
    ),
    "with marks for bold": f"*From: *Dana Fox <dana@acme-logistics.com>\n*Sent: *Thursday\n*To: *{OLGA}",
    "with double marks": f"**From:** Dana Fox <dana@acme-logistics.com>\n**Sent:** Thursday\n**To:** {OLGA}",
    "the surname first": "From: Fox, Dana <dana@acme-logistics.com>\nSent: Thursday\nTo: Owner, Olga\nSubject: Phones",
    "with a link behind the address": (
        "From: Dana Fox <dana@acme-logistics.com<mailto:dana@acme-logistics.com>>\nSent: Thursday\nSubject: Phones"
    ),
    "quoted by Gmail in German": "Am Do., 1. Okt. 26 um 09:00 Uhr schrieb Dana Fox <dana@acme-logistics.com>:\n\n> hi",
    "the same, broken": "Am Do., 1. Okt. 2026 um 09:00 Uhr schrieb Dana Fox <\ndana@acme-logistics.com>:\n\n> hi",
    "the same, broken earlier": "Am Do., 1. Okt. 26 um 09:00 Uhr schrieb\nDana Fox <dana@acme-logistics.com>:\n\n> hi",
    "quoted by Thunderbird in German": "Am 01.10.26 um 09:00 schrieb Dana Fox <dana@acme-logistics.com>:\n> hi",
    "quoted in Dutch": "Op do 1 okt 2026 om 09:00 schreef Dana Fox <dana@acme-logistics.com>:\n> hi",
    "quoted in Spanish": "El jue, 1 oct 2026 a las 9:00, Dana Fox (<dana@acme-logistics.com>) escribió:\n> hi",
    "quoted in English, broken": "On Thu, Oct 1 at 9:00\u202fAM Dana Fox <\ndana@acme-logistics.com> wrote:\n> hi",
    "broken before the address": "On Thu, Oct 1, 2026 at 9:00 AM Dana Fox\n<dana@acme-logistics.com> wrote:\n> hi",
}


@pytest.mark.parametrize("text", BLOCKS.values(), ids=BLOCKS)
def test_the_sender_is_found_with_the_name(text: str) -> None:
    told()
    reading = arrive(written(to=US, cc="", subject="Fwd: Phones", text=f"For you.\n\n{text}"))
    assert became(reading) == (State.LEAD, Why.INTRODUCED)
    assert (reading.contact, reading.email) == DANA


def test_a_line_that_only_ends_like_a_quote_names_nobody() -> None:
    text = "Am Montag schrieb jemand:\nKontakt bob@birchwood.io:\nund noch eine:"
    assert people_forwarded(Letter(text=text)) == []


def test_a_domain_of_another_script_is_understood() -> None:
    told()
    reading = arrive(written(to=US, cc="", text=GMAIL.format("Dana Fox <dana@bücher.de>")))
    assert (reading.state, reading.email, reading.company) == (State.LEAD, "dana@xn--bcher-kva.de", "Bücher")


NO_ADDRESSES = [
    f"Dana {'a' * 64}@{'b.' * 100}com{'c' * 50}",
    f"Dana <{'a' * 64}@{'b' * 250}.com>",
    "Dana <dana..fox@acme-logistics.com>",
    "Dana <dana@acme..com>",
    "Dana <\u200bdana@acme-logistics.com>",
    "Dana <dana@localhost>",
    "Dana <dana@127.0.0.1>",
    "Dana <dana@co.uk>",
]


@pytest.mark.parametrize("person", NO_ADDRESSES)
def test_an_address_that_nobody_can_have_is_for_a_person(person: str) -> None:
    told()
    reading = arrive(written(to=US, cc="", subject="Fwd: Phones", text=GMAIL.format(person)))
    assert (reading.state, reading.why, reading.error) == (State.WAITS, Why.UNCLEAR, "")
    assert not Lead.objects.exists()


@pytest.mark.parametrize("to", ["Dana <dana@localhost>", "Dana <dana@co.uk>", "Dana <dana..fox@acme-logistics.com>"])
def test_nor_does_it_introduce_anybody_in_to(to: str) -> None:
    told()
    assert became(arrive(written(to=to))) == (State.WAITS, Why.NOBODY)


def test_a_forward_with_another_company_in_cc_is_for_a_person() -> None:
    """Whom it introduces, the sender of what is forwarded or the one in Cc, it does not say."""
    told()
    raw = written(
        to=US, cc="Bob <bob@birchwood.io>", subject="Fwd: Phones", text=GMAIL.format("<dana@acme-logistics.com>")
    )
    reading = arrive(raw)
    assert became(reading) == (State.WAITS, Why.UNCLEAR)
    assert (reading.email, [each["email"] for each in reading.others]) == ("bob@birchwood.io", [DANA[1]])
    assert not Lead.objects.exists()


def test_a_forward_with_its_own_sender_in_cc_is_clear() -> None:
    told()
    raw = written(to=US, cc="Dana Fox <dana@acme-logistics.com>", subject="Fwd: Phones",
                  text=GMAIL.format("<dana@acme-logistics.com>"))  # fmt: skip
    assert became(arrive(raw)) == (State.LEAD, Why.INTRODUCED)


def test_what_is_quoted_below_an_introduction_changes_nothing() -> None:
    told()
    text = "Dana, meet the team.\n\nOn Thu, 1 Oct 2026 at 09:00, Bob <bob@birchwood.io> wrote:\n> hi"
    assert became(arrive(written(subject="Re: Phones", text=text))) == (State.LEAD, Why.INTRODUCED)


def test_lines_that_never_end_hold_nobody_up() -> None:
    began = time.process_time()
    for line in ("@x" + " " * 980 + "wrote:", "schrieb " * 120 + "@:", "a" * 980 + "@ wrote:", "[@" * 490 + " wrote:"):
        people_forwarded(Letter(text="\n".join([line] * 100)))
    assert time.process_time() - began < 20
