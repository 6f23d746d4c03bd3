"""The settings: the company, the tax form and where the money goes."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, User
from affiliates.models import Membership, PayoutMethod, TaxForm
from affiliates.models.partner import MemberRole
from affiliates.models.payee import PayoutMethodKind
from affiliates.services.enter_payout_method import ConfirmationRefused, confirm_by_link, enter_payout_method
from notices.models import Notice
from tests.cast import AT, all_rows, owner_of, partner, program, record, the_partner

pytestmark = pytest.mark.django_db

PASSWORD = "four words in a row"
COMPANY = {"name": "Ada & Co", "email": "office@ada.example", "address": "1 Main St\nOakland, CA"}
ACH = {
    "holder": "Ada Inc.", "routing": "111000025", "account": "000123456789", "again": "000123456789",
    "account_type": "checking",
}  # fmt: skip
IBAN = {"holder": "Ada GmbH", "iban": "DE89 3704 0044 0532 0130 00"}
PAYPAL = {"holder": "Ada", "paypal": "ada@paypal.example"}
W9 = {
    "legal_name": "Ada Inc.", "classification": "c_corporation", "street": "1 Main St", "city": "Oakland, CA 94607",
    "number_kind": "ein", "number": "12-3456789", "is_certified": "on", "signature": "Ada Owner",
}  # fmt: skip
W8BEN = {
    "legal_name": "Ada Anders", "citizenship": "SE", "born_on": "1980-02-03", "street": "Gatan 1", "city": "Lund",
    "country": "SE", "number": "800203-1234", "treaty_country": "SE", "is_certified": "on", "signature": "Ada Anders",
}  # fmt: skip
W8BENE = {
    "legal_name": "Ada AB", "incorporated_in": "SE", "chapter_3": "corporation", "chapter_4": "active_nffe",
    "street": "Gatan 1", "city": "Lund", "country": "SE", "number": "556012-5790", "capacity": "Director",
    "is_certified": "on", "signature": "Ada Anders",
}  # fmt: skip
PAGES = (
    "/settings/", "/settings/company/", "/settings/people/", "/settings/security/", "/settings/tax/",
    "/settings/payout/",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _program() -> None:
    program()


@pytest.fixture(autouse=True)
def _now() -> Any:
    with time_machine.travel(AT, tick=False):
        yield


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def sure(user: User) -> Client:
    """The browser of a person who has just said again who they are."""
    user.set_password(PASSWORD)
    user.save()
    client = signed_in(user)
    answer = client.post("/accounts/reauthenticate/?next=/settings/", {"password": PASSWORD})
    assert answer.headers["Location"] == "/settings/"
    return client


def member() -> User:
    user = User.objects.create_user("mia@people.example", PASSWORD, name="Mia")
    Membership.objects.create(partner=the_partner("ada"), user=user, role=MemberRole.MEMBER)
    return user


def entered(details: str = "111000025 000123456789") -> str:
    """The link that confirms a payout method of Ada's."""
    enter_payout_method(
        partner=the_partner("ada"),
        kind=PayoutMethodKind.ACH,
        holder="Ada",
        details=details,
        by=owner_of("ada"),
        at=AT,
    )
    return Notice.objects.filter(key__endswith="confirm").latest("pk").path


# -- The pages --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_each_page_opens_and_says_nothing_of_other_partners(page: str) -> None:
    shown = signed_in(owner_of("ada")).get(page)
    assert shown.status_code == 200
    assert "Ada Partners" in shown.content.decode()
    assert "Ben Partners" not in shown.content.decode()


def test_what_is_missing_is_said_at_a_glance() -> None:
    shown = signed_in(owner_of("ada")).get("/settings/").content.decode()
    assert shown.count("Missing") == 2
    assert "Address missing" in shown


def test_a_member_reads_and_cannot_change() -> None:
    client = signed_in(member())
    for page in ("/settings/", "/settings/tax/", "/settings/payout/", "/settings/security/"):
        assert client.get(page).status_code == 200
    client = sure(User.objects.get(email="mia@people.example"))
    before = all_rows()
    for page, data in (
        ("/settings/company/", COMPANY),
        ("/settings/payout/ach/", ACH),
        ("/settings/tax/w-9/", W9),
        ("/settings/payout/confirm/x/", {}),
    ):
        assert client.post(page, data).status_code == 403, page
    changed = {table for table, rows in all_rows().items() if rows != before[table]}
    assert changed <= {"django_session", "usersessions_usersession"}


# -- The company ------------------------------------------------------------------------------------------


def test_the_company_is_changed_and_both_addresses_are_told() -> None:
    client = signed_in(owner_of("ada"))
    assert client.post("/settings/company/", COMPANY).status_code == 302
    ada = the_partner("ada")
    assert (ada.name, ada.email, ada.address) == ("Ada & Co", "office@ada.example", "1 Main St\nOakland, CA")
    entry = AuditEntry.objects.get(action="company changed")
    assert (entry.by, entry.details["old_email"]) == (owner_of("ada"), "ada@partners.example")
    assert set(Notice.objects.values_list("recipient", flat=True)) == {"ada@partners.example", "office@ada.example"}


def test_saving_the_same_again_changes_and_tells_nothing() -> None:
    ada = the_partner("ada")
    same = {"name": ada.name, "email": ada.email, "address": ada.address}
    assert signed_in(owner_of("ada")).post("/settings/company/", same).status_code == 302
    assert not AuditEntry.objects.filter(action="company changed").exists()
    assert not Notice.objects.exists()


# -- The tax form -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "answers", "masked"),
    [("w-9", W9, "••6789"), ("w-8ben", W8BEN, "••1234"), ("w-8ben-e", W8BENE, "••5790")],
)
def test_a_tax_form_is_filed_sealed_and_shown_masked(kind: str, answers: dict[str, str], masked: str) -> None:
    client = sure(owner_of("ada"))
    assert client.get(f"/settings/tax/{kind}/").status_code == 200
    assert client.post(f"/settings/tax/{kind}/", answers).headers["Location"] == "/settings/tax/"
    form = TaxForm.objects.get()
    assert (form.partner, form.masked_number) == (the_partner("ada"), masked)
    assert form.read_number() == answers["number"]
    assert form.read_answers()["signature"] == answers["signature"]
    assert answers["number"] not in form.sealed_number + form.sealed_answers
    shown = client.get("/settings/tax/").content.decode()
    assert masked in shown
    assert answers["number"] not in shown


@pytest.mark.parametrize(
    ("kind", "answers", "changes"),
    [
        ("w-9", W9, {"number": "00-0001234"}),
        ("w-9", W9, {"number": "1234"}),
        ("w-9", W9, {"number_kind": "ssn", "number": "666-12-3456"}),
        ("w-9", W9, {"is_certified": ""}),
        ("w-9", W9, {"signature": ""}),
        ("w-8ben", W8BEN, {"number": "abc"}),
        ("w-8ben", W8BEN, {"us_number": "000-00-0000"}),
        ("w-8ben", W8BEN, {"born_on": "2031-01-01"}),
        ("w-8ben", W8BEN, {"country": "US"}),
        ("w-8ben-e", W8BENE, {"chapter_4": ""}),
    ],
)
def test_a_wrong_answer_files_nothing(kind: str, answers: dict[str, str], changes: dict[str, str]) -> None:
    answer = sure(owner_of("ada")).post(f"/settings/tax/{kind}/", answers | changes)
    assert answer.status_code == 422
    assert not TaxForm.objects.exists()


def test_there_are_no_other_forms_and_ways() -> None:
    client = sure(owner_of("ada"))
    for page in ("/settings/tax/w-4/", "/settings/payout/wise/", "/settings/payout/cash/"):
        assert client.get(page).status_code == 404


# -- The payout method ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "answers", "details", "masked"),
    [
        ("ach", ACH, "111000025 000123456789", "••6789"),
        ("ach", ACH | {"account_type": "savings"}, "savings 111000025 000123456789", "savings ••6789"),
        ("iban", IBAN, "DE89370400440532013000", "••3000"),
        ("paypal", PAYPAL, "ada@paypal.example", "a••@paypal.example"),
    ],
)
def test_a_payout_method_is_entered_told_and_confirmed(
    kind: str, answers: dict[str, str], details: str, masked: str
) -> None:
    client = sure(owner_of("ada"))
    assert client.post(f"/settings/payout/{kind}/", answers).headers["Location"] == "/settings/payout/"
    method = PayoutMethod.objects.get()
    assert (method.kind, method.read_details(), method.masked_details) == (kind, details, masked)
    assert method.confirmed_at is None
    assert set(Notice.objects.values_list("recipient", flat=True)) == {owner_of("ada").email, "ada@partners.example"}
    assert not [notice for notice in Notice.objects.all() if details in notice.body]
    link = Notice.objects.get(key__endswith="confirm").path
    assert masked in client.get(link).content.decode()
    method.refresh_from_db()
    assert method.confirmed_at is None
    assert client.post(link).headers["Location"] == "/settings/payout/"
    method.refresh_from_db()
    assert method.confirmed_at == AT
    assert "Confirmed" in client.get("/settings/payout/").content.decode()


@pytest.mark.parametrize(
    ("kind", "answers"),
    [
        ("ach", ACH | {"routing": "111000026"}),
        ("ach", ACH | {"again": "000123456788"}),
        ("ach", ACH | {"account": "12a", "again": "12a"}),
        ("ach", ACH | {"account_type": "credit"}),
        ("iban", IBAN | {"iban": "DE89 3704 0044 0532 0130 01"}),
        ("iban", IBAN | {"holder": ""}),
        ("paypal", PAYPAL | {"paypal": "nobody"}),
    ],
)
def test_a_wrong_account_changes_nothing(kind: str, answers: dict[str, str]) -> None:
    assert sure(owner_of("ada")).post(f"/settings/payout/{kind}/", answers).status_code == 422
    assert not PayoutMethod.objects.exists()
    assert not Notice.objects.exists()


@pytest.mark.parametrize("page", ["/settings/payout/ach/", "/settings/tax/w-9/"])
def test_who_it_is_is_asked_again_first(page: str) -> None:
    client = signed_in(owner_of("ada"))
    owner = owner_of("ada")
    owner.set_password(PASSWORD)
    owner.save()
    client.force_login(owner)
    assert client.get(page).headers["Location"].startswith("/accounts/reauthenticate/")
    assert client.post(page, ACH | W9).headers["Location"] == page
    assert not PayoutMethod.objects.exists()
    assert not TaxForm.objects.exists()
    assert "000123456789" not in str(dict(client.session.items()))


def test_somebody_without_a_password_chooses_one_first() -> None:
    client = signed_in(owner_of("ada"))
    for page in ("/settings/payout/ach/", "/settings/tax/w-9/"):
        assert client.post(page, ACH | W9).headers["Location"] == "/accounts/password/set/"
    assert "Choose a password" in client.get("/accounts/password/set/").content.decode()
    assert not PayoutMethod.objects.exists()
    assert not TaxForm.objects.exists()


def test_being_sure_lasts_five_minutes() -> None:
    client = sure(owner_of("ada"))
    with time_machine.travel(AT + timedelta(minutes=6), tick=False):
        assert client.post("/settings/payout/ach/", ACH).headers["Location"] == "/settings/payout/ach/"
    assert not PayoutMethod.objects.exists()


def test_every_owner_hears_of_a_change() -> None:
    second = member()
    Membership.objects.filter(user=second).update(role=MemberRole.OWNER)
    entered()
    told = Notice.objects.exclude(key__endswith="confirm")
    assert set(told.values_list("recipient", flat=True)) == {second.email, "ada@partners.example"}
    entered("111000025 000987654321")
    assert "in place of Bank account (ACH) ••6789" in Notice.objects.filter(recipient=second.email).latest("pk").body


def test_a_link_confirms_its_own_method_for_three_days_only() -> None:
    first = entered()
    token = first.rstrip("/").rpartition("/")[2]
    with pytest.raises(ConfirmationRefused, match="another partner"):
        confirm_by_link(token=token, partner=the_partner("ben"), by=owner_of("ben"), at=AT)
    assert signed_in(owner_of("ben")).post(first).status_code == 302
    with time_machine.travel(AT + timedelta(days=4), tick=False), pytest.raises(ConfirmationRefused, match="no longer"):
        confirm_by_link(token=token, partner=the_partner("ada"), by=owner_of("ada"), at=AT)
    entered("111000025 000987654321")
    with pytest.raises(ConfirmationRefused, match="Another payout method"):
        confirm_by_link(token=token, partner=the_partner("ada"), by=owner_of("ada"), at=AT)
    assert not PayoutMethod.objects.filter(confirmed_at__isnull=False).exists()


def test_after_the_end_the_money_still_finds_its_way() -> None:
    record(partner("ada", ended="2026-06-30", ended_by="partner"))
    client = sure(owner_of("ada"))
    assert client.post("/settings/payout/iban/", IBAN).headers["Location"] == "/settings/payout/"
    assert client.post("/settings/tax/w-9/", W9).headers["Location"] == "/settings/tax/"
    assert client.post(reverse("company_settings"), COMPANY).headers["Location"] == "/settings/"
    assert PayoutMethod.objects.count() == TaxForm.objects.count() == 1
