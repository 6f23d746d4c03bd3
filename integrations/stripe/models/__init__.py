from integrations.stripe.models.backfill import BackfillList
from integrations.stripe.models.customer import Place, StripeCustomer
from integrations.stripe.models.event import EventToWork, Source, StripeEvent
from integrations.stripe.models.finding import FindingKind, StripeFinding
from integrations.stripe.models.known import ObjectKind, StripeObject
from integrations.stripe.models.rule import CategoryRule

__all__ = [
    "BackfillList",
    "CategoryRule",
    "EventToWork",
    "FindingKind",
    "ObjectKind",
    "Place",
    "Source",
    "StripeCustomer",
    "StripeEvent",
    "StripeFinding",
    "StripeObject",
]
