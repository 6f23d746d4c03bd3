"""Bank and tax details: readable only where they were written, as they were written (accounts/sealed.py)."""

import base64
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pytest_django.fixtures import Settings

from accounts import sealed
from accounts.sealed import DetailsUnreadable
from affiliates.models import PayoutMethod, TaxForm
from affiliates.models.payee import PayoutMethodKind, TaxFormKind
from affiliates.services.set_payee import file_tax_form, set_payout_method
from tests.cast import AT, abe, day, program, the_partner

TABLE, COLUMN, ROW = "affiliates_payoutmethod", "sealed_details", 7
OLD = "old:" + base64.b64encode(b"o" * 32).decode()
NEW = "new:" + base64.b64encode(b"n" * 32).decode()
SECRET = "021000021 123456789"


def seal(text: str) -> str:
    return sealed.seal(text, table=TABLE, column=COLUMN, row=ROW)


def unseal(text: str, *, table: str = TABLE, column: str = COLUMN, row: object = ROW) -> str:
    return sealed.unseal(text, table=table, column=column, row=row)


@pytest.fixture(autouse=True)
def keys(settings: Settings) -> None:
    settings.DETAILS_KEYS = OLD


def test_what_was_sealed_is_read_in_its_place() -> None:
    text = seal(SECRET)
    assert unseal(text) == SECRET
    assert SECRET not in text
    assert text.startswith("old:")
    assert text.isprintable()


def test_the_same_details_look_different_each_time() -> None:
    assert seal(SECRET) != seal(SECRET)


@pytest.mark.parametrize("text", ["", "x" * 10_000, "Łódź 株式会社 🦊", "old:", "\0\n"])
def test_any_text_can_be_sealed(text: str) -> None:
    assert unseal(seal(text)) == text


def test_every_flipped_bit_is_noticed() -> None:
    name, _, text = seal(SECRET).partition(":")
    data = base64.b64decode(text)
    for place in range(len(data) * 8):
        flipped = bytearray(data)
        flipped[place // 8] ^= 1 << place % 8
        with pytest.raises(DetailsUnreadable):
            unseal(f"{name}:{base64.b64encode(bytes(flipped)).decode()}")


@pytest.mark.parametrize(
    ("table", "column", "row"),
    [
        (TABLE, COLUMN, 8),
        (TABLE, COLUMN, "7 "),
        (TABLE, "sealed_number", ROW),
        ("affiliates_taxform", COLUMN, ROW),
        ("", "", ""),
    ],
)
def test_a_value_swapped_to_another_place_is_refused(table: str, column: str, row: object) -> None:
    with pytest.raises(DetailsUnreadable):
        unseal(seal(SECRET), table=table, column=column, row=row)


OTHERS: dict[str, Callable[[str], str]] = {
    "plain": lambda text: SECRET,
    "empty": lambda text: "",
    "no name": lambda text: text.partition(":")[2],
    "another name": lambda text: text.replace("old:", "new:"),
    "cut short": lambda text: text[:-8],
    "no base64": lambda text: text[:-4] + "ä===",
    "nothing behind the name": lambda text: "old:",
    "plain behind the name": lambda text: "old:" + base64.b64encode(SECRET.encode()).decode(),
    "longer": lambda text: text + "AAAA",
    "twice": lambda text: text + text,
}


@pytest.mark.parametrize("change", OTHERS.values(), ids=OTHERS)
def test_what_seal_did_not_write_is_refused(change: Callable[[str], str]) -> None:
    with pytest.raises(DetailsUnreadable):
        unseal(change(seal(SECRET)))


def test_a_value_of_a_foreign_key_is_refused(settings: Settings) -> None:
    settings.DETAILS_KEYS = "old:" + base64.b64encode(b"f" * 32).decode()
    foreign = seal(SECRET)
    settings.DETAILS_KEYS = OLD
    with pytest.raises(DetailsUnreadable):
        unseal(foreign)


def test_a_value_without_its_place_is_refused() -> None:
    nonce = b"\0" * 12
    bare = base64.b64encode(nonce + AESGCM(b"o" * 32).encrypt(nonce, SECRET.encode(), None)).decode()
    with pytest.raises(DetailsUnreadable):
        unseal(f"old:{bare}")


def test_a_new_key_in_front_writes_and_the_old_one_still_reads(settings: Settings) -> None:
    before = seal(SECRET)
    settings.DETAILS_KEYS = f"{NEW}, {OLD}"
    after = seal(SECRET)
    assert (after.partition(":")[0], unseal(before), unseal(after)) == ("new", SECRET, SECRET)


def test_a_key_that_was_taken_away_no_longer_reads(settings: Settings) -> None:
    before = seal(SECRET)
    settings.DETAILS_KEYS = NEW
    with pytest.raises(DetailsUnreadable) as refusal:
        unseal(before)
    assert SECRET not in str(refusal.value)
    assert before not in str(refusal.value)


@pytest.mark.django_db
def test_rows_cannot_swap_their_details() -> None:
    program()
    methods = [
        set_payout_method(
            partner=the_partner(of),
            kind=PayoutMethodKind.ACH,
            holder=of,
            details=f"account of {of} 4410",
            by=abe(),
            at=AT,
        )
        for of in ("ada", "ben")
    ]
    ada, ben = methods
    assert (ada.read_details(), ada.masked_details) == ("account of ada 4410", "••4410")
    PayoutMethod.objects.filter(pk=ada.pk).update(sealed_details=ben.sealed_details)
    with pytest.raises(DetailsUnreadable):
        PayoutMethod.objects.get(pk=ada.pk).read_details()
    assert PayoutMethod.objects.get(pk=ben.pk).read_details() == "account of ben 4410"


@pytest.mark.django_db
def test_details_written_in_plain_are_refused() -> None:
    program()
    form = file_tax_form(
        partner=the_partner("ada"),
        kind=TaxFormKind.W9,
        legal_name="Ada Partners LLC",
        number="12-3456789",
        signed_on=day("2026-01-01"),
        by=abe(),
        at=AT,
    )
    assert (form.read_number(), form.masked_number) == ("12-3456789", "••6789")
    TaxForm.objects.filter(pk=form.pk).update(sealed_number="12-3456789")
    with pytest.raises(DetailsUnreadable):
        TaxForm.objects.get(pk=form.pk).read_number()
