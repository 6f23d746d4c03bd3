from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit
from clients.models.category import Category
from integrations.stripe.models import CategoryRule
from integrations.stripe.services.settle_words import settle_word


@needs(Right.MAP_CATEGORIES)
def keep_rule(*, goods: str, category: Category, by: User | None, at: datetime) -> CategoryRule:
    """This function will say what a product or a price of Stripe is for.

    Invoices that are recorded from now on go by it, and lines that stand recorded under its word are settled. Lines
    that were settled before stay: money was earned by them.
    """
    with transaction.atomic():
        rule, _ = CategoryRule.objects.update_or_create(
            stripe_id=goods, defaults={"category": category, "decided_at": at, "decided_by": by}
        )
        settle_word(goods=goods, category=category, by=by, at=at)
        write_audit(by=by, at=at, action="stripe rule kept", subject=f"Stripe {goods}"[:120], category=category.value)
    return rule
