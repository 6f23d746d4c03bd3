"""Many leads at once from a file: looked at first, then registered whole, by row and column where it is wrong."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from accounts.models import AuditEntry
from referrals.lead_rows import MOST_ROWS, Checked, FileRefused, check_rows, read_text
from referrals.models import Lead, LeadFile
from referrals.models.lead import Channel
from referrals.recognition import Company, matches, matches_of_all, one_at_a_time
from referrals.services import register_file as files
from referrals.services import register_lead as registering
from referrals.services.register_file import FileIsGone, bring_file, register_file
from tests.cast import AT, all_rows, owner_of, program, the_partner
from tests.leads.telling import lead_of, signed_in

pytestmark = pytest.mark.django_db
HEADER = "company,site,contact,email,agents,employees,crm,note"
GOOD = f"""{HEADER}
Birch Ltd,birch.example,Jo Birch,jo@birch.example,20,60,HubSpot,"Likes calls, not mail"
Teak,,Al Teak,al@teak.example,,,,
"""
MIXED = f"{GOOD}=cmd|x,,Eve,eve@sand.example,many,,,\n,,Zed,zed@zed,,,abacus,\n"


@pytest.fixture(autouse=True)
def partners() -> None:
    program()


@pytest.fixture
def ada() -> Client:
    return signed_in(owner_of("ada"))


def check(text: str) -> Checked:
    return check_rows(text, the_partner("ada"))


def bring(client: Client, content: bytes, name: str = "leads.csv") -> str:
    """This function will upload a file and give where that leads to, or the page that refuses it."""
    response = client.post("/leads/import/", {"file": SimpleUploadedFile(name, content)})
    return response.headers.get("Location", response.content.decode())


# -- The rows ---------------------------------------------------------------------------------------------


def test_good_rows_are_read() -> None:
    checked = check(GOOD)
    assert checked.problems == []
    assert [row.line for row in checked.rows] == [2, 3]
    assert checked.rows[0].values == {
        "company": "Birch Ltd",
        "domain": "birch.example",
        "contact": "Jo Birch",
        "email": "jo@birch.example",
        "agents": 20,
        "employees": 60,
        "crm": "hubspot",
        "note": "Likes calls, not mail",
    }


def test_what_is_wrong_is_named_by_row_and_column() -> None:
    checked = check(MIXED)
    assert [row.values["company"] for row in checked.rows] == ["Birch Ltd", "Teak"]
    assert [(at.line, at.column, at.wrong, at.right) for at in checked.problems] == [
        (4, "company", "It begins with = like a formula", "Write the value itself"),
        (4, "agents", "“many” is no number of people", "Write a whole number like 25, or leave it out"),
        (5, "company", "It is missing", "Fill it in"),
        (5, "email", "“zed@zed” is no e-mail address", "Write it like jo@acme.com"),
        (
            5,
            "crm",
            "“abacus” is none of the CRMs",
            "Write “hubspot”, “pipedrive”, “zoho”, “other” or “none”, or leave it out",
        ),
    ]
    assert checked.count == 4


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("site", "not a site"),
        ("site", "co.uk"),
        ("agents", "0"),
        ("agents", "-5"),
        ("agents", "2.5"),
        ("agents", "99999999999999999999"),
        ("employees", "٣"),
        ("company", "x" * 201),
        ("company", "a\x07b"),
        ("contact", "@sum"),
        ("note", "+1+1"),
        ("note", "x" * 2001),
    ],
)
def test_a_value_that_is_refused(column: str, value: str) -> None:
    row = {"company": "Birch", "contact": "Jo", "email": "jo@birch.example"} | {column: value}
    checked = check(f"{','.join(row)}\n{','.join(row.values())}\n")
    assert [problem.column for problem in checked.problems] == [column]
    assert checked.rows == []


def test_ones_own_company_and_one_that_stands_there_twice_are_left_out() -> None:
    lead = lead_of("ada", "Teak Group Ltd", "kim@teak.example")
    lead_of("ben", "Birch", "kim@birch.example")  # Another partner's changes nothing here.
    checked = check(f"{GOOD}Birch Inc,,Kim,kim@other.example,,,,\n")
    assert [row.line for row in checked.rows] == [2]
    assert [(at.line, at.wrong, at.lead) for at in checked.problems] == [
        (3, "Teak Group Ltd is your lead already, registered on 1 January 2027", lead.pk),
        (4, "It is the company of line 2", None),
    ]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_columns_in_any_order_and_with_the_separators_of_spreadsheets(separator: str) -> None:
    text = "\ufeff\r\nEMAIL, Company ,contact\r\n\r\njo@birch.example,Birch,Jo\r\n,,\r\n".replace(",", separator)
    assert [row.values["company"] for row in check(text).rows] == ["Birch"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "does not have “company”, “contact” or “email”"),
        ("Birch,Jo,jo@birch.example\n", "does not have “company”, “contact” or “email”"),
        ("company,email\n", "does not have “contact”"),
        ("company,email,contact,price\n", "no column “price”"),
        ("company,email,contact,email\n", "twice"),
        ("company,email,contact\n", "a header and no rows"),
        ("company,email,contact\na,b,c,d\n", "4 values under 3 headings"),
        ('company,email,contact\n"Birch,jo@birch.example,Jo\n', "quote that is left open"),
        ("company,email,contact\n" + "a,b@c.example,d\n" * (MOST_ROWS + 1), "more than 1,000 rows"),
        (f"company,email,contact\n{'x' * 200_000},a,b\n", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_would_help(text: str, words: str) -> None:
    with pytest.raises(FileRefused, match=words):
        check(text)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("Bücher".encode("latin-1"), "UTF-8"),
        ("company".encode("utf-16"), "UTF-8"),
        (b"PK\x03\x04\x00\x00", "not a CSV file"),
        (b"a" * 1_000_001, "larger than 1 MB"),
    ],
)
def test_bytes_that_are_no_text(content: bytes, words: str) -> None:
    with pytest.raises(FileRefused, match=words):
        read_text(content)


# -- The pages --------------------------------------------------------------------------------------------


def test_a_file_is_looked_at_and_then_registered(ada: Client) -> None:
    url = bring(ada, MIXED.encode())
    text = ada.get(url).content.decode()
    assert "2 of 4 rows can be registered" in text
    assert "It begins with = like a formula" in text
    assert "Register 2 leads" in text
    assert not Lead.objects.exists()
    done = ada.post(f"{url}register/", {"is_attested": "on"}, follow=True)
    assert "2 leads are registered." in done.content.decode()
    assert sorted(Lead.objects.values_list("company", "channel")) == [("Birch Ltd", "file"), ("Teak", "file")]
    file = LeadFile.objects.get()
    assert (file.registered, file.text) == (2, "")


def test_rows_may_be_pasted(ada: Client) -> None:
    response = ada.post("/leads/import/", {"pasted": GOOD.replace(",", "\t")})
    assert response.status_code == 302
    assert "Birch Ltd" in ada.get(response.headers["Location"]).content.decode()


def test_sent_twice_the_rows_are_there_once(ada: Client) -> None:
    url = f"{bring(ada, GOOD.encode())}register/"
    ada.post(url, {"is_attested": "on"})
    again = ada.post(url, {"is_attested": "on"}, follow=True)
    assert "was registered already" in again.content.decode()
    assert Lead.objects.count() == 2


def test_without_the_attestation_nothing_is_registered(ada: Client) -> None:
    url = bring(ada, GOOD.encode())
    before = all_rows()
    response = ada.post(f"{url}register/", {})
    assert response.status_code == 400
    assert "only with this confirmation" in response.content.decode()
    assert all_rows() == before


def test_rows_that_another_partner_holds_are_registered_under_review(ada: Client) -> None:
    lead_of("ben", "Birch", "kim@birch.example")
    url = bring(ada, GOOD.encode())
    assert "2 of 2 rows can be registered" in ada.get(url).content.decode()
    done = ada.post(f"{url}register/", {"is_attested": "on"}, follow=True)
    assert "2 leads are registered, 1 of them under review." in done.content.decode()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        ("Bücher".encode("latin-1"), "not text in UTF-8"),
        (b"a,b\n1,2\n", "does not have"),
        (b"x" * 5_000_000, "larger than 1 MB"),
    ],
)
def test_a_hostile_file_is_refused_with_what_would_help(ada: Client, content: bytes, words: str) -> None:
    ada.get("/leads/import/")
    before = all_rows()
    assert words in bring(ada, content)
    assert all_rows() == before


def test_nothing_brought_is_said(ada: Client) -> None:
    assert "Choose a file, or paste the rows." in ada.post("/leads/import/", {}).content.decode()


def test_a_name_of_markup_stays_text(ada: Client) -> None:
    text = ada.get(bring(ada, GOOD.replace("Teak", "<script>x</script>").encode(), "<b>.csv")).content.decode()
    assert "<script>x" not in text
    assert "&lt;script&gt;x" in text


def test_a_day_takes_only_so_many_files_and_leads(ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registering, "MOST_A_DAY", {Channel.FILE: 1})
    url = bring(ada, GOOD.encode())
    refused = ada.post(f"{url}register/", {"is_attested": "on"})
    assert "as many as a day takes" in refused.content.decode()
    assert not Lead.objects.exists()
    monkeypatch.setattr(files, "MOST_FILES_A_DAY", 1)
    assert "files within a day" in bring(ada, GOOD.encode())


def test_a_newer_file_takes_the_place_of_the_last(ada: Client) -> None:
    first = bring(ada, GOOD.encode())
    bring(ada, GOOD.encode())
    assert ada.get(first).headers["Location"] == "/leads/import/"
    file = LeadFile.objects.order_by("pk")[0]
    with pytest.raises(FileIsGone):
        register_file(file=file, is_attested=True, by=owner_of("ada"), at=AT)


def test_another_partners_file_is_not_there(ada: Client) -> None:
    file = bring_file(partner=the_partner("ben"), name="x", text=GOOD, by=owner_of("ben"), at=timezone.now())
    for name in ("lead_file", "lead_file_register"):
        url = reverse(name, args=[file.pk])
        assert ada.get(url).status_code in (404, 405)
        assert ada.post(url, {"is_attested": "on"}).status_code in (404, 405)
    assert not Lead.objects.exists()


def test_the_example_can_be_brought(ada: Client) -> None:
    assert bring(ada, ada.get("/leads/import/example/").content).startswith("/leads/import/")


# -- As one by one ----------------------------------------------------------------------------------------


def test_rows_of_a_file_are_recognised_as_single_registrations_are() -> None:
    """Ben's leads answer to Ada's rows by address, by domain and by nearly the same name, or not at all."""
    for company, email, site in (
        ("Larchwood Dental Group", "jo@larchwood.example", ""),
        ("Quarry Freight", "al@gmail.com", "quarry.example"),
        ("Studio 54 Amber Clinics", "s@studio54.example", ""),
    ):
        lead_of("ben", company, email, domain=site)
    told = [
        ("Another name", "JO@larchwood.example", ""),
        ("Quite another", "eve@quarry.example", ""),
        ("Larchwood Dental Groups Inc.", "kim@elsewhere.example", ""),
        ("Group Dental Larchwoods", "ann@gmail.com", ""),
        ("Studio 55 Amber Clinics", "z@studio55.example", ""),
        ("Mail of many", "bob@gmail.com", ""),
    ]
    companies = [Company.told(name=name, email=email, site=site) for name, email, site in told]
    with transaction.atomic():
        one_at_a_time()
        at_once = matches_of_all(companies)
        assert at_once == [matches(company, Lead.objects.all()) for company in companies]
    assert [bool(found) for found in at_once[:3]] == [True, True, True]
    assert [bool(found) for found in at_once[4:]] == [False, False]


def test_a_file_makes_as_many_queries_however_many_rows(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    ada = the_partner("ada")
    rows = "".join(f"Company {n:03},,Jo,jo@company{n:03}.example,,,,\n" for n in range(60))
    owner = owner_of("ada")
    file = bring_file(partner=ada, name="many.csv", text=f"{HEADER}\n{rows}", by=owner, at=AT)
    with django_assert_max_num_queries(22):
        leads = register_file(file=file, is_attested=True, by=owner, at=AT)
    assert len(leads) == 60
    assert AuditEntry.objects.filter(action="lead registered").count() == 60
    kept = Lead.objects.get(company="Company 007")
    assert (kept.name_key, kept.mail_domain) == ("company 007", "company007.example")
    assert [step.stage for step in kept.steps.all()] == ["submitted"]
