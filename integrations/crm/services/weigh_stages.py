"""Who of two sides is right about a lead's stage. It knows no database and makes no calls."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from referrals.models.lead import ENDED, Stage
from referrals.services.move_lead import MOVES


class Step(Enum):
    """What is to be done about the stage."""

    NOTHING = "both say the same, or nothing new"
    WRITE = "ours is written there"
    FOLLOW = "the lead moves here"
    PUT_BACK = "theirs cannot be: ours is written there"
    ASK = "a person has to finish it here"


@dataclass(frozen=True, slots=True)
class Sides:
    """How a lead stands here and there, and how both stood when they were last in step.

    `target` is what ours is called there, `candidates` are our stages that theirs stands for.
    """

    ours: Stage
    settled: str
    target: str
    theirs: str
    seen: str
    candidates: Sequence[Stage]
    is_under_review: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    step: Step
    to: Stage | None = None
    says: str = ""


def weigh(sides: Sides, *, is_ours_later: Callable[[], bool], crm: str, label: str) -> Verdict:
    """This function will say what is to be done about a lead's stage: the last change wins, within our rules.

    `is_ours_later` is asked only where both sides changed. `crm` and `label` are the names of the CRM and of their
    stage, for the sentences.
    """
    if sides.theirs == sides.target:
        return Verdict(Step.NOTHING)
    is_ours_changed = sides.ours != sides.settled
    if sides.theirs == sides.seen:
        return Verdict(Step.WRITE if is_ours_changed else Step.NOTHING)
    if is_ours_changed and is_ours_later():
        return Verdict(Step.WRITE)
    return _theirs_wins(sides, crm, label)


def _theirs_wins(sides: Sides, crm: str, label: str) -> Verdict:
    there = f"{crm} says “{label}”"
    if not sides.candidates:
        return Verdict(Step.ASK, says=f"{there}, which no stage here stands for. Move it there, or map the stage.")
    if sides.is_under_review:
        return Verdict(Step.ASK, says=f"{there}. The lead is under review and moves once sales has decided.")
    allowed = [stage for stage in sides.candidates if stage in MOVES[sides.ours] and stage != Stage.WON]
    if allowed and allowed[0] != Stage.REJECTED:
        return Verdict(Step.FOLLOW, to=allowed[0])
    if sides.ours not in ENDED and Stage.WON in sides.candidates:
        return Verdict(Step.ASK, says=f"{there}: finish it here, with the close date and the billing reference.")
    if allowed:
        return Verdict(Step.ASK, says=f"{there}: reject it here, with the reason that the partner sees.")
    return Verdict(
        Step.PUT_BACK, says=f"{there}, which cannot follow “{sides.ours.label}” here. The deal was put back."
    )
