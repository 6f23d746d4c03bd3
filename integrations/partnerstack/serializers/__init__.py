"""The program as PartnerStack would tell it, kind by kind."""

from collections.abc import Callable

from integrations.partnerstack.formats import Kind, Row
from integrations.partnerstack.serializers.money import rewards, transactions
from integrations.partnerstack.serializers.paging import Asked, UnknownKey
from integrations.partnerstack.serializers.people import Found, customers, deals, groups, leads, partnerships

__all__ = ["Asked", "UnknownKey", "page_of", "row_of"]
TELLS: dict[Kind, Callable[[Asked], Found]] = {
    Kind.GROUPS: groups,
    Kind.PARTNERSHIPS: partnerships,
    Kind.CUSTOMERS: customers,
    Kind.LEADS: leads,
    Kind.DEALS: deals,
    Kind.TRANSACTIONS: transactions,
    Kind.REWARDS: rewards,
}


def page_of(kind: Kind, asked: Asked) -> Found:
    """This function will give the rows of a page and whether there are more, in a number of queries that stays.

    :raises UnknownKey: there is no row with the key to go on after
    """
    if "\0" in asked.after or "\0" in asked.only:
        raise UnknownKey
    return TELLS[kind](asked)


def row_of(kind: Kind, asked: Asked) -> Row:
    """This function will give the one row whose key is asked for.

    :raises UnknownKey: there is none
    """
    rows, _ = page_of(kind, asked)
    if not rows:
        raise UnknownKey
    return rows[0]
