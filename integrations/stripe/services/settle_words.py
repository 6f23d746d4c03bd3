from collections.abc import Iterable
from datetime import datetime

from accounts.models import User
from clients.models import InvoiceLine
from clients.models.category import Category
from clients.services.map_category import CategoryIsKnown, map_category
from integrations.stripe.models import StripeObject
from integrations.stripe.recording.cases import as_category, word_of
from integrations.stripe.shapes import from_goods


def settle_words(*, goods: Iterable[StripeObject], at: datetime) -> int:
    """This function will settle lines that stand under the word of a product whose metadata names its category."""
    said = {row.stripe_id: as_category(from_goods(row.data).category) for row in goods}
    return sum(
        settle_word(goods=key, category=Category(word), by=None, at=at)
        for key, word in said.items()
        if word in Category.values
    )


def settle_word(*, goods: str, category: Category, by: User | None, at: datetime) -> bool:
    """This function will settle the recorded lines of a product or price as a category, if there are any."""
    word = word_of(goods)
    if not InvoiceLine.objects.unmapped().filter(category=word).exists():
        return False
    try:
        map_category(word=word, category=category, by=by, at=at)
    except CategoryIsKnown:
        return False
    return True
