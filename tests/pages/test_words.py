"""What forms say when something is wrong: in the portal's words, never in those that Django and allauth bring."""

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import allauth
import django
import pytest
from django.test import Client
from django.urls import reverse

from tests.cast import owner_of, program
from tests.worker import ROOT

FOLDER = ROOT / "parts" / "locale" / "en" / "LC_MESSAGES"
ENTRY = re.compile(r'^(msgid|msgid_plural|msgstr(?:\[\d\])?) (".*")$', re.MULTILINE)
PASSWORD = "a quiet harbour at dusk"
# Those that a person meets on the way through the portal's own forms and those of signing in.
BROUGHT = ("This field is required", "Enter a valid", "Select a valid", "Ensure th", "This password", "You must type",
           "Please", "are not correct", "Incorrect")  # fmt: skip


def entries() -> Iterator[tuple[list[str], list[str]]]:
    """Yield what the library says, its plural after it, and what is said instead."""
    asked: list[str] = []
    said: list[str] = []
    for kind, quoted in ENTRY.findall((FOLDER / "django.po").read_text("utf-8")):
        if kind == "msgid" and said:
            yield asked, said
            asked, said = [], []
        (said if kind.startswith("msgstr") else asked).append(ast.literal_eval(quoted))
    yield asked, said


def test_the_compiled_words_are_the_written_ones() -> None:
    with (FOLDER / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    written = [(asked, said) for asked, said in entries() if asked != [""]]
    assert len(written) > 40
    for asked, said in written:
        if len(asked) == 1:
            assert [compiled.gettext(asked[0])] == said
        else:
            assert [compiled.ngettext(asked[0], asked[1], number) for number in (1, 2)] == said


def test_every_word_that_is_replaced_is_still_said_by_a_library() -> None:
    """A release that says it in other words would bring its own back."""
    folders = [Path(next(iter(module.__path__))) for module in (django, allauth)]
    sources = (path.read_text("utf-8") for folder in folders for path in folder.rglob("*.py"))
    # Texts that go on in the next line are one text.
    said = re.sub(r'"\s*\n\s*"', "", "\n".join(sources))
    assert [word for asked, _ in entries() for word in asked if word and f'"{word}"' not in said] == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("apply", {"email": "nobody"}),
        ("company_settings", {"name": "", "email": "nobody"}),
        ("link_new", {"name": "x" * 500}),
        ("account_reset_password", {"email": "nobody"}),
        ("account_login", {"login": "somebody@people.example", "password": "wrong"}),
        ("account_login", {}),
        ("account_change_password", {"oldpassword": "wrong", "password1": "password", "password2": "passwort"}),
    ],
)
def test_a_form_says_what_is_wrong_in_the_portals_words(name: str, sent: dict[str, str]) -> None:
    program()
    browser = Client()
    if not name.startswith("account_") or name == "account_change_password":
        owner = owner_of("ada")
        owner.set_password(PASSWORD)
        owner.save()
        browser.force_login(owner)
    page = browser.post(reverse(name), sent).content.decode()
    assert 'class="error"' in page or "alert-danger" in page
    assert [words for words in BROUGHT if words in page] == []
