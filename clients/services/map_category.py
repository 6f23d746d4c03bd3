from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit
from affiliates.services.open_batch import open_batch, wait_for_turn
from clients.models import CategoryMapping, Invoice
from clients.models.category import Category
from clients.recording.merge import cut_slices_of


class CategoryIsKnown(Exception):
    """The word is one of the categories, or was mapped before; a mapping stays, since money was earned by it."""


@needs(Right.MAP_CATEGORIES)
def map_category(*, word: str, category: Category, by: User | None, at: datetime) -> CategoryMapping:
    """This function will say what a word that billing used means. Lines that become subscription earn from now on.

    A line that does not say its months counts for the month of its invoice.

    :raises CategoryIsKnown: the word is a category itself, or was mapped before
    """
    with transaction.atomic():
        wait_for_turn()
        first = Invoice.objects.filter(lines__category=word).order_by("issued_on").first()
        earliest = first.issued_on if first else None
        batch = open_batch(source=f"category {word}"[:200], by=by, at=at, earliest=earliest)
        if word in Category.values or CategoryMapping.objects.filter(word=word).exists():
            raise CategoryIsKnown(f"“{word}” is known already")
        mapping = CategoryMapping.objects.create(
            word=word, category=category, decided_at=at, decided_by=by, batch=batch
        )
        if category == Category.SUBSCRIPTION:
            cut_slices_of(word, batch.pk)
        write_audit(by=by, at=at, action="category mapped", subject=f"category {word}"[:120], category=category.value)
    return mapping
