"""At least one row of each model of this door."""

from integrations.stripe.models import BackfillList, CategoryRule, StripeEvent
from tests.integrations.stripe.published import customer, event, invoice
from tests.integrations.stripe.telling import NOW, send, tell


def one_of_each() -> None:
    """This function will let Stripe tell of a client that is there, `acme`, of something odd, and of what waits."""
    CategoryRule.objects.create(stripe_id="prod_seats", category="subscription", decided_at=NOW)
    BackfillList.objects.create(name="customers", began_at=NOW)
    tell(
        event("customer.created", customer("cus_acme", metadata={"client": "acme"}), "2026-01-01"),
        event("invoice.finalized", invoice("in_eur", "cus_acme", currency="eur"), "2026-01-01"),
        event("invoice.finalized", {"object": "invoice"}, "2026-01-01"),
    )
    send(event("invoice.finalized", invoice("in_2", "cus_acme"), "2026-01-01"))
    assert StripeEvent.objects.count() > 1
