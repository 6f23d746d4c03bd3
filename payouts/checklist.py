"""A payout as its partner reads it: its badge, who acts next, and the gates with where each is opened."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from affiliates.money import show_money
from parts.formats import counted, day
from parts.shapes import Badge, Check, Tone
from payouts.gates import Gate
from payouts.models import Payout, PayoutState
from payouts.models.payout import BEFORE_APPROVAL

S = PayoutState
CHECKED = (*BEFORE_APPROVAL, S.HELD)  # Whose gates the partner is shown.
BADGES = {
    S.WAITING: Badge("Waiting", Tone.WAITING),
    S.READY: Badge("With finance", Tone.INFO),
    S.APPROVED: Badge("Approved", Tone.INFO),
    S.PAID: Badge("Paid", Tone.GOOD),
    S.FAILED: Badge("Came back", Tone.BAD),
    S.HELD: Badge("Held", Tone.BAD),
    S.CANCELLED: Badge("Cancelled", Tone.NEUTRAL),
}
REPORT, INVOICE = "Referral report presented", "Invoice presented"
# Where the partner opens each gate, and what the button there says.
PLACES = {
    "Agreement accepted": ("agreement", "Read and accept"),
    "No open violation": ("agreement", "See the notice"),
    "Tax form on file": ("tax_form", "File the form"),
    "Payout method confirmed": ("payout_method", "See the details"),
}
# What the partner does about it, in words to the partner.
OWN_STEPS = {
    "Agreement accepted": "One of your owners accepts it",
    REPORT: "Present it together with your invoice",
    INVOICE: "Present one for exactly {amount}",
    "Tax form on file": "File it in the settings",
    "Payout method confirmed": "Enter and confirm it in the settings",
}
CLAUSES = {"B": "Appendix B", "B; 6, 14, 15": "Appendix B; clauses 6, 14, 15"}


@dataclass(frozen=True, slots=True)
class Standing:
    """How a payout stands: its badge, whose turn it is, and what happens next."""

    badge: Badge
    title: str
    text: str
    waits_for_partner: bool = False


def state_badge(state: str) -> Badge:
    return BADGES[S(state)]


def checklist(payout: Payout, listed: Iterable[Gate]) -> list[Check]:
    """The gates as the partner's page shows them."""
    return [_check(payout, gate) for gate in listed]


def standing(payout: Payout, listed: Iterable[Gate], *, currency: str, reason: str = "") -> Standing:
    """This function will say whose turn it is; `reason` is that of the payout's last step."""
    badge, state = state_badge(payout.state), S(payout.state)
    closed = [gate for gate in listed if not gate.is_open]
    own = [gate for gate in closed if gate.is_partners]
    told = f"{reason.strip().rstrip('.')}. " if reason.strip() else ""
    paid = f"{show_money(payout.amount if payout.payable is None else payout.payable)} {currency}"
    if state == S.WAITING and own:
        things = counted(len(own), "thing is", "things are")
        text = f"{things} still open. Once everything is done, finance approves the payout."
        return Standing(Badge("Your turn", Tone.WAITING), "Your turn", text, waits_for_partner=True)
    if state == S.WAITING and closed:
        text = f"{closed[0].name}: {closed[0].state}. {closed[0].opened_by}. There is nothing for you to present."
        return Standing(badge, "It waits for the company or for time", text)
    title, text = {
        S.WAITING: ("Finance approves next", "Everything is done. There is nothing left for you to do."),
        S.READY: ("Finance approves next", "Everything is done. There is nothing left for you to do."),
        S.APPROVED: ("Finance pays next", f"{paid} is approved and is paid to your payout method."),
        S.PAID: ("Paid", f"{paid} was paid on {day(payout.paid_on)}." if payout.paid_on else f"{paid} was paid."),
        S.FAILED: (
            "The payment came back",
            f"{told}The amount is in your balance again. Look at your payout method; finance sends it anew.",
        ),
        S.HELD: ("Finance holds it", f"{told}It goes on once finance releases it."),
        S.CANCELLED: ("Cancelled", f"{told}Its amount stays in your balance and counts towards the next payout."),
    }[state]
    return Standing(badge, title, text)


def can_present(payout: Payout, listed: Iterable[Gate]) -> bool:
    """Whether the report or a fitting invoice is still missing."""
    return payout.state in BEFORE_APPROVAL and any(
        not gate.is_open for gate in listed if gate.name in (REPORT, INVOICE)
    )


def _check(payout: Payout, gate: Gate) -> Check:
    url = action = ""
    if gate.name in (REPORT, INVOICE):
        if payout.state in BEFORE_APPROVAL:
            url, action = reverse("payout_present", args=[payout.pk]), "Present"
    elif gate.name in PLACES and not gate.is_open:
        name, action = PLACES[gate.name]
        url = reverse(name)
    own = OWN_STEPS.get(gate.name, "").format(amount=show_money(payout.amount)) if gate.is_partners else ""
    clause = CLAUSES.get(gate.clause, gate.clause)
    return Check(gate.name, gate.is_open, gate.state, clause, own or gate.opened_by, url, action)
