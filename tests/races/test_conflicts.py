"""The same conflict decided by eight at once: one decides, the others are told how."""

from itertools import cycle

from referrals.models import Conflict, Lead
from referrals.models.conflict import ConflictState
from referrals.models.lead import Stage
from referrals.services.decide_conflict import ConflictIsDecided, decide_conflict
from tests.cast import AT, pam, program, sam
from tests.conftest import Databases
from tests.leads.telling import lead_of
from tests.races.test_of_eight_one_wins import all_at_once, failures


def test_two_decide_differently_at_once_and_one_decision_stands(real_db: Databases) -> None:
    program()
    lead_of("ada")
    lead_of("ben")
    conflict = Conflict.objects.get()
    turns = cycle([(ConflictState.FIRST, sam()), (ConflictState.LATER, pam())])

    def decide() -> object:
        to, by = next(turns)
        return decide_conflict(conflict=conflict, to=to, reason="Seen", by=by, at=AT)

    assert failures(all_at_once(decide)) == [ConflictIsDecided] * 7
    conflict.refresh_from_db()
    stages = {lead.partner.reference: lead.stage for lead in Lead.objects.select_related("partner")}
    loser, winner = ("ben", "ada") if conflict.state == ConflictState.FIRST else ("ada", "ben")
    assert stages == {loser: Stage.REJECTED, winner: Stage.SUBMITTED}
    assert Lead.objects.get(partner__reference=winner).protected_until is not None
