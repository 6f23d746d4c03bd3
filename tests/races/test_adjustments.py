"""An adjustment at the same moment: entered once by a form, and approved or dropped, never both."""

from decimal import Decimal
from itertools import cycle
from threading import Lock
from uuid import uuid4

from commissions.models import Adjustment, LedgerEntry
from commissions.services.adjust_balance import AdjustmentRefused, approve_adjustment, enter_adjustment
from commissions.services.drop_adjustment import drop_adjustment
from tests.cast import AT, abe, day, fay, program, the_partner
from tests.conftest import Databases
from tests.races.test_of_eight_one_wins import all_at_once, failures


def test_eight_presses_of_a_form_enter_one(real_db: Databases) -> None:
    program()
    ada, by, pressed = the_partner("ada"), fay(), uuid4()
    outcomes = all_at_once(
        lambda: enter_adjustment(partner=ada, amount=Decimal(5), reason="Goodwill", by=by, at=AT, pressed=pressed)
    )
    assert failures(outcomes) == []
    assert Adjustment.objects.count() == 1


def test_of_four_who_approve_and_four_who_drop_one_wins(real_db: Databases) -> None:
    program()
    entered = enter_adjustment(partner=the_partner("ada"), amount=Decimal(5), reason="Goodwill", by=fay(), at=AT)
    by, turns, turn = abe(), cycle((True, False)), Lock()

    def decide() -> object:
        with turn:
            approves = next(turns)
        if approves:
            return approve_adjustment(adjustment=entered, by=by, at=AT, on=day("2027-01-01"))
        return drop_adjustment(adjustment=entered, reason="No", by=by, at=AT)

    assert failures(all_at_once(decide)) == [AdjustmentRefused] * 7
    entered.refresh_from_db()
    assert LedgerEntry.objects.count() == (1 if entered.approved_at else 0)
    assert (entered.approved_at is None) != (entered.dropped_at is None)
