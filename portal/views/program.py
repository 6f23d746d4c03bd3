"""The program as somebody sees it who has not come in yet: what it pays, how it works, and how to join."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from affiliates.models import AgreementVersion, Program
from affiliates.money import show_money
from commissions.models import Plan, Tier
from parts.shapes import Tile


@dataclass(frozen=True, slots=True)
class Words:
    """A step of how it works, or a question with its answer."""

    title: str
    text: str


def program_page(request: HttpRequest) -> HttpResponse:
    """This function will present the program from its own settings, its standard plan and its Agreement."""
    program = Program.current()
    plan = Plan.objects.filter(is_standard=True).prefetch_related("tiers").first()
    tiers = sorted(plan.tiers.all(), key=lambda tier: tier.threshold) if plan else []
    context = {
        "rates": _rates(tiers, program),
        "best": _percent(tiers[-1]) if tiers else "",
        "steps": _steps(program, tiers),
        "questions": _questions(program, tiers),
    }
    return render(request, "portal/program.html", context)


def _percent(tier: Tier) -> str:
    return f"{(tier.rate * 100).normalize():f}\N{NO-BREAK SPACE}%"


def _amount(tier: Tier, program: Program) -> str:
    whole = show_money(tier.threshold).removesuffix(".00")
    return f"${whole}" if program.currency == "USD" else f"{whole}\N{NO-BREAK SPACE}{program.currency}"


def _rates(tiers: Sequence[Tier], program: Program) -> list[Tile]:
    rates = []
    for tier, following in zip(tiers, [*tiers[1:], None], strict=True):
        if tier.threshold:
            label = f"From {_amount(tier, program)} a month"
        elif following is not None:
            label = f"Below {_amount(following, program)} a month"
        else:
            label = "Whatever the month brings"
        rates.append(Tile(label, _percent(tier), note="of what your clients paid for that month's subscription"))
    return rates


def _steps(program: Program, tiers: Sequence[Tier]) -> list[Words]:
    first = f" {_percent(tiers[0])} and more" if len(tiers) > 1 else f" {_percent(tiers[0])}" if tiers else ""
    return [
        Words(
            "Apply",
            "Say who you are and whom you reach. We read each application and answer by e-mail, with the reason.",
        ),
        Words(
            "Refer a company",
            "Register the company here, or share your own link. The first partner to register it is protected for "
            f"{program.protection_days} days.",
        ),
        Words(
            "We sell", f"{program.company_name} calls, shows the product and closes. You see each step as it happens."
        ),
        Words(
            "You earn",
            f"Each month you receive{first} of what your clients paid for their subscription, as long as they stay.",
        ),
    ]


def _questions(program: Program, tiers: Sequence[Tier]) -> list[Words]:
    questions = []
    if len(tiers) > 1:
        top = tiers[-1]
        questions.append(
            Words(
                "How is the rate found?",
                "We add up what your clients' subscriptions bring in a month. From "
                f"{_amount(top, program)} on, {_percent(top)} is paid on all of that month, not on the part above.",
            )
        )
    questions += [
        Words(
            "When does a new client start to earn?",
            "One month after the client signed. Until then its commission waits: you see the amount and the day on "
            "which it is released.",
        ),
        Words(
            "What counts?",
            "Subscriptions that were paid for in full. Phone numbers, usage, one-time fees and taxes do not count. "
            "Money that goes back to a client takes its commission with it.",
        ),
        Words(
            "When am I paid?",
            "Each month is closed once. You then present a short report and an invoice, both drafted for you, and the "
            f"payout follows as soon as your balance reaches {show_money(program.minimum_payout)} {program.currency}.",
        ),
        Words(
            "What if somebody else refers the same company?",
            f"The first partner to register it is protected for {program.protection_days} days, longer while we work "
            "on it. A registered company counts before any link.",
        ),
        Words(
            "How can I be sure of the numbers?",
            "Every figure opens to its reason: the invoices, the payments, the rate and the arithmetic. A closed month "
            "never changes.",
        ),
        Words(
            "Does it bind me?",
            "Either side may end the partnership with three days' notice, and what you earned is still paid."
            + (" You read and accept the Agreement when you come in." if AgreementVersion.current() else ""),
        ),
    ]
    return questions
