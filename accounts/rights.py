"""Who of the company may do what: the one table of rights, which services and doors both ask.

A right is a permission that the admin shows at its group. `migrate` gives each role exactly the rights that
`HOLDERS` names; `docs/permissions.md` is this table for people.
"""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import ParamSpec, TypeVar, cast

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import PermissionDenied
from django.db.models import TextChoices

P = ParamSpec("P")
T = TypeVar("T")


class Role(TextChoices):
    """The groups that a migration makes; what each may do is given to the group as permissions."""

    PROGRAM_MANAGER = "Program manager"
    SALES = "Sales"
    FINANCE = "Finance"
    FINANCE_APPROVER = "Finance approver"


class Right(TextChoices):
    """What staff may do, one name a kind of step; the label completes "may …"."""

    # Sales
    SEE_LEADS = "see_leads", "see the leads of all partners"
    MOVE_LEADS = "move_leads", "move leads, note what comes next and answer partners"
    ASSIGN_LEADS = "assign_leads", "give leads to sales reps"
    DECIDE_CONFLICTS = "decide_conflicts", "decide which partner a lead belongs to"
    CORRECT_WINS = "correct_wins", "take back that a lead was won"
    RUN_SALES = "run_sales", "set up teams, reps and the rules of assignment"
    # Finance
    SEE_MONEY = "see_money", "see what was earned, is owed and was paid"
    RUN_MONTHS = "run_months", "compute and close months"
    MAP_CATEGORIES = "map_categories", "say what an unknown category counts as"
    RECORD_PROBLEMS = "record_problems", "record a client's payment problem"
    HOLD_PAYOUTS = "hold_payouts", "hold, release and cancel payouts"
    APPROVE_PAYOUTS = "approve_payouts", "approve payouts that somebody else prepared"
    PAY_PAYOUTS = "pay_payouts", "write payment files and enter the bank's answer"
    ADJUST_BALANCES = "adjust_balances", "enter adjustments and approve those of others"
    ANSWER_DISPUTES = "answer_disputes", "answer partners' disputes of a line"
    EXPORT_BOOKS = "export_books", "export the journal and the tax totals"
    # Program managers
    SEE_PROGRAM = "see_program", "see the program's numbers and its partners"
    CHANGE_PROGRAM = "change_program", "change the program's settings and resources"
    DECIDE_APPLICATIONS = "decide_applications", "approve and decline applications"
    CHANGE_PARTNERS = "change_partners", "change partners, merge them and move clients between them"
    HELP_PARTNERS = "help_partners", "look at the portal as a partner sees it"
    GIVE_PLANS = "give_plans", "make commission plans and give them to partners"
    PUBLISH_AGREEMENTS = "publish_agreements", "publish versions of the Agreement and remind of them"
    JUDGE_VIOLATIONS = "judge_violations", "open and decide violations and review chargebacks"
    END_PARTNERSHIPS = "end_partnerships", "end partnerships"
    MANAGE_PEOPLE = "manage_people", "say who of the company may do what"
    MANAGE_KEYS = "manage_keys", "keep the company's API keys and webhooks"
    MANAGE_INTEGRATIONS = "manage_integrations", "connect Stripe, PartnerStack, e-mail and CRMs"
    SEE_AUDIT = "see_audit", "search the audit trail"


_SALES, _MANAGER = Role.SALES, Role.PROGRAM_MANAGER
_FINANCE, _APPROVER = Role.FINANCE, Role.FINANCE_APPROVER
HOLDERS: dict[Right, tuple[Role, ...]] = {
    Right.SEE_LEADS: (_SALES, _MANAGER),
    Right.MOVE_LEADS: (_SALES, _MANAGER),
    Right.ASSIGN_LEADS: (_SALES, _MANAGER),
    Right.DECIDE_CONFLICTS: (_SALES, _MANAGER),
    Right.CORRECT_WINS: (_MANAGER,),
    Right.RUN_SALES: (_MANAGER,),
    Right.SEE_MONEY: (_FINANCE, _APPROVER, _MANAGER),
    Right.RUN_MONTHS: (_FINANCE, _APPROVER),
    Right.MAP_CATEGORIES: (_FINANCE,),
    Right.RECORD_PROBLEMS: (_FINANCE, _APPROVER),
    Right.HOLD_PAYOUTS: (_FINANCE, _APPROVER),
    Right.APPROVE_PAYOUTS: (_APPROVER,),
    Right.PAY_PAYOUTS: (_FINANCE, _APPROVER),
    Right.ADJUST_BALANCES: (_FINANCE, _APPROVER),
    Right.ANSWER_DISPUTES: (_FINANCE, _APPROVER),
    Right.EXPORT_BOOKS: (_FINANCE, _APPROVER),
    Right.SEE_PROGRAM: (_MANAGER,),
    Right.CHANGE_PROGRAM: (_MANAGER,),
    Right.DECIDE_APPLICATIONS: (_MANAGER,),
    Right.CHANGE_PARTNERS: (_MANAGER,),
    Right.HELP_PARTNERS: (_MANAGER,),
    Right.GIVE_PLANS: (_MANAGER,),
    Right.PUBLISH_AGREEMENTS: (_MANAGER,),
    Right.JUDGE_VIOLATIONS: (_MANAGER,),
    Right.END_PARTNERSHIPS: (_MANAGER,),
    Right.MANAGE_PEOPLE: (_MANAGER,),
    Right.MANAGE_KEYS: (_MANAGER,),
    Right.MANAGE_INTEGRATIONS: (_MANAGER,),
    Right.SEE_AUDIT: (_MANAGER, _APPROVER),
}


class NotPermitted(PermissionDenied):
    """Somebody asked for a step that their roles do not give; the message says whose roles do."""

    def __init__(self, by: AbstractUser, right: Right) -> None:
        who = " or ".join(role.value for role in HOLDERS[right])
        super().__init__(f"{by.get_full_name()} may not {right.label}: it takes the role {who}")


def may(user: AbstractUser, right: Right) -> bool:
    """Whether a person may do something; superusers may do everything, whoever is switched off nothing."""
    return user.has_perm(f"accounts.{right}")


def require(by: AbstractUser | None, right: Right) -> None:
    """This function will stop a step that a person may not take; call it first in the step's service.

    `by` is None where the system acts by itself: the scheduler, a command on the machine.

    :raises NotPermitted: the person's roles do not give the right
    """
    if by is not None and not may(by, right):
        raise NotPermitted(by, right)


def needs(right: Right) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """This decorator makes a service take its step only `by` somebody who holds a right, or by the system itself.

    Raises `NotPermitted` for anybody else. `step.right` tells tests and pages what it takes.
    """

    def decorate(step: Callable[P, T]) -> Callable[P, T]:
        @wraps(step)
        def checked(*args: P.args, **arguments: P.kwargs) -> T:
            require(cast("AbstractUser | None", arguments["by"]), right)
            return step(*args, **arguments)

        checked.right = right  # type: ignore[attr-defined]
        return checked

    return decorate


def table() -> Iterator[str]:
    """Yield the lines of the table in `docs/permissions.md`, in Markdown."""
    yield f"| right | may … | {' | '.join(role.value for role in Role)} |"
    yield f"|---|---|{'---|' * len(Role)}"
    for right in Right:
        held = " | ".join("yes" if role in HOLDERS[right] else "–" for role in Role)
        yield f"| `{right}` | {right.label} | {held} |"
