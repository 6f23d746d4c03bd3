"""The program's settings with what they were, and the resources that partners find."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import AuditEntry
from affiliates.forms.program import GROUPS, ProgramForm
from affiliates.models import Program, Resource
from tests.cast import all_rows, owner_of, pam, program
from tests.managers.desk import at_desk, words

pytestmark = pytest.mark.django_db
SETTINGS, RESOURCES = "/admin/program/settings/", "/admin/program/resources/"
PDF = b"%PDF-1.7\n%%EOF\n"


def filled(**changes: str) -> dict[str, str]:
    """The form as it is opened, with changes."""
    form = ProgramForm(instance=Program.current())
    Program.objects.filter(company_email="").update(company_email="us@company.example")
    opened = form.opened_with
    return {**{f"opened-{name}": value for name, value in opened.items()}, **opened, **changes}


@pytest.fixture(autouse=True)
def _company() -> None:
    Program.objects.update(company_name="Quill", company_email="us@quill.example", name="Quill partners")


def test_every_setting_stands_in_a_group() -> None:
    grouped = [name for _, names in GROUPS for name in names]
    assert sorted(grouped) == sorted(field.name for field in Program._meta.fields if field.name != "id")
    assert len(grouped) == len(set(grouped))


def test_a_change_is_kept_with_what_was_before() -> None:
    at_desk(pam()).post(SETTINGS, filled(protection_days="60", allowed_hosts="a.example,b.example"))
    now = Program.current()
    assert (now.protection_days, now.allowed_hosts) == (60, ["a.example", "b.example"])
    entry = AuditEntry.objects.get(action="settings changed")
    assert entry.details == {
        "old_protection_days": "90",
        "new_protection_days": "60",
        "old_allowed_hosts": "",
        "new_allowed_hosts": "a.example, b.example",
    }
    assert entry.by == pam()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"accent_colour": "blue"}, "#0f5c8c"),
        ({"time_zone": "Mars"}, "no time zone"),
        ({"minimum_payout": "0"}, "It is at least 0.01"),
        ({"name": ""}, "This is still empty"),
    ],
)
def test_a_setting_that_does_not_do_changes_nothing(changes: dict[str, str], why: str) -> None:
    desk, form, before = at_desk(pam()), filled(**changes), all_rows()
    assert why in words(desk.post(SETTINGS, form), 422)
    assert all_rows()["affiliates_program"] == before["affiliates_program"]
    assert not AuditEntry.objects.filter(action="settings changed").exists()


def test_of_two_who_change_the_same_the_second_sees_it() -> None:
    seen = filled(cookie_days="30")
    at_desk(pam()).post(SETTINGS, filled(cookie_days="10"))
    assert "Somebody else changed “cookie days” meanwhile" in words(at_desk(pam()).post(SETTINGS, seen), 409)
    assert Program.current().cookie_days == 10


def test_the_currency_stays_once_there_are_facts() -> None:
    program()
    at_desk(pam()).post(SETTINGS, filled(currency="EUR"))
    assert Program.current().currency == "USD"


class TestResources:
    def add(self, **changes: Any) -> Any:
        form = {"title": "One-pager", "text": "What we sell", "place": "1", "is_published": "on"} | changes
        return at_desk(pam()).post(f"{RESOURCES}new/", form)

    def test_partners_find_what_is_published(self) -> None:
        program()
        self.add(file=SimpleUploadedFile("sheet.pdf", PDF))
        self.add(title="Draft", is_published="")
        shown, draft = Resource.objects.get(title="One-pager"), Resource.objects.get(title="Draft")
        partner = at_desk(owner_of("ada"))
        said = words(partner.get("/resources/"))
        assert "What we sell" in said
        assert "Draft" not in said
        assert partner.get(f"/resources/{shown.pk}/").getvalue() == PDF
        assert partner.get(f"/resources/{draft.pk}/").status_code == 404
        assert "Draft" in words(at_desk(pam()).get(RESOURCES))

    def test_one_without_a_text_and_a_file_is_refused(self) -> None:
        assert "Write a text, or choose a file" in words(self.add(text=" "), 422)
        assert not Resource.objects.exists()

    def test_a_file_of_another_kind_is_refused(self) -> None:
        assert "not a PDF, PNG or JPEG file" in words(self.add(file=SimpleUploadedFile("x.pdf", b"MZ no")), 422)

    def test_is_changed_and_removed_and_audited(self) -> None:
        self.add(file=SimpleUploadedFile("sheet.pdf", PDF))
        resource = Resource.objects.get()
        url = f"{RESOURCES}{resource.pk}/"
        at_desk(pam()).post(url, {"title": "Sheet", "text": "", "place": "2"})
        resource.refresh_from_db()
        assert (resource.title, resource.name, resource.is_published) == ("Sheet", "sheet.pdf", False)
        at_desk(pam()).post(f"{url}remove/")
        assert at_desk(pam()).post(f"{url}remove/").status_code == 404
        assert not Resource.objects.exists()
        actions = AuditEntry.objects.filter(subject=f"resource {resource.pk}").order_by("id")
        assert list(actions.values_list("action", flat=True)) == [
            "resource added", "resource changed", "resource removed",
        ]  # fmt: skip
