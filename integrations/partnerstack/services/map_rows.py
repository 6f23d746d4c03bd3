from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from affiliates.services.open_batch import wait_for_turn
from integrations.partnerstack.formats import Kind
from integrations.partnerstack.models import Unplaced
from integrations.partnerstack.services.book import AT_ONCE, Book
from integrations.partnerstack.services.paid_there import rewards_read
from integrations.partnerstack.services.place_clients import ClientKeys, place_clients
from integrations.partnerstack.services.place_leads import place_leads
from integrations.partnerstack.services.place_money import place_money
from integrations.partnerstack.services.place_partners import PartnerKeys, place_partners


@needs(Right.MANAGE_INTEGRATIONS)
def map_rows(*, by: User | None, at: datetime) -> dict[str, dict[str, int]]:
    """This function will make of PartnerStack's newest rows what they are here, all or nothing, and count them.

    What is known already stays as it is, so doing it again changes nothing. What does not fit is listed, see
    `Unplaced`. Rewards are what was paid there and no facts: `compare` reads them.
    """
    with transaction.atomic():
        wait_for_turn()
        book = Book(by, at)
        place_partners(book)
        partners = PartnerKeys(book)
        place_clients(book, partners)
        place_money(book, ClientKeys(book))
        place_leads(book, partners)
        _list_rewards(book)
        Unplaced.objects.all().delete()
        Unplaced.objects.bulk_create(book.unplaced, batch_size=AT_ONCE)
    return {kind.value: {name: book.counts[kind, name] for name in ("mapped", "listed", "test")} for kind in Kind}


def _list_rewards(book: Book) -> None:
    for key, name, why in rewards_read(book):
        if why:
            book.set_aside(Kind.REWARDS, key, name, why)
        else:
            book.mapped(Kind.REWARDS)
