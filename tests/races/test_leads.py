"""The same company at the same moment: one lead a partner, and one partner protected."""

from referrals.models import Conflict, Lead, LeadFile
from referrals.services.register_file import FileIsGone, bring_file, register_file
from referrals.services.register_lead import AlreadyYours, register_lead
from tests.cast import AT, owner_of, program, the_partner
from tests.conftest import Databases
from tests.leads.telling import as_told
from tests.races.test_of_eight_one_wins import all_at_once, failures


def test_eight_register_a_company_for_one_partner_and_it_is_one_lead(real_db: Databases) -> None:
    program()
    ada, by = the_partner("ada"), owner_of("ada")
    told = as_told("Dune Inc.", "dan@dune.example")
    assert failures(all_at_once(lambda: register_lead(partner=ada, by=by, **told))) == [AlreadyYours] * 7
    assert Lead.objects.count() == 1


def test_two_partners_register_a_company_at_once_and_one_is_protected(real_db: Databases) -> None:
    program()
    pairs = [(the_partner(key), owner_of(key)) for key in ("ada", "ben")]
    # Recognised by the name alone: no key in the database is the same.
    turns = [
        (partner, by, as_told(f"Dune {form}", f"{n}@{partner.reference}{n}.example"))
        for n, form in enumerate(("Inc.", "LLC", "Ltd", "Corp"))
        for partner, by in pairs
    ]

    def take() -> object:
        partner, by, told = turns.pop()
        return register_lead(partner=partner, by=by, **told)

    assert failures(all_at_once(take)) == [AlreadyYours] * 6
    assert sorted(lead.is_under_review for lead in Lead.objects.all()) == [False, True]
    conflict = Conflict.objects.get()
    assert conflict.first is not None
    assert (conflict.lead.is_under_review, conflict.first.is_under_review) == (True, False)


def test_eight_register_a_file_and_its_rows_are_there_once(real_db: Databases) -> None:
    program()
    by = owner_of("ada")
    text = "company,contact,email\nOak,Jo,jo@oak.example\nTeak,Al,al@teak.example\n"
    file = bring_file(partner=the_partner("ada"), name="x", text=text, by=by, at=AT)
    outcomes = all_at_once(lambda: register_file(file=file, is_attested=True, by=by, at=AT))
    assert failures(outcomes) == [FileIsGone] * 7
    assert (Lead.objects.count(), LeadFile.objects.get().registered) == (2, 2)
