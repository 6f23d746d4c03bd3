"""What partners' service months come to, without posting: with the plans they have, or with others tried out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from commissions.engine.inputs import Scope
from commissions.engine.post import DUE, complete

SETTLED = """
    SELECT *, CASE WHEN matured_on > %(as_of)s THEN 0 ELSE full_target END AS target FROM due
    WHERE partner_id = ANY (%(partners)s) AND service_month BETWEEN %(from_month)s AND %(to_month)s
"""
BY_MONTH = f"""
    {DUE}
    SELECT partner_id, service_month, min(mrr), min(rate), sum(target), sum(posted_before), sum(full_target - target)
    FROM ({SETTLED}) AS settled
    GROUP BY partner_id, service_month
"""
BY_CLIENT = f"""
    {DUE}
    SELECT client_id, base, target, posted_before, full_target - target FROM ({SETTLED}) AS settled ORDER BY client_id
"""
BY_CLIENT_AND_MONTH = f"""
    {DUE}
    SELECT partner_id, client_id, service_month, mrr, rate, base, full_target, target, matured_on
    FROM ({SETTLED}) AS settled
"""


@dataclass(frozen=True, slots=True)
class Month:
    """A partner's service month: its MRR and rate, what it comes to, what was posted of it, and what is held back."""

    mrr: Decimal
    rate: Decimal
    target: Decimal
    posted: Decimal
    waiting: Decimal


@dataclass(frozen=True, slots=True)
class Part:
    """A client's part of a service month: its money, its commission, what was posted of it, and what is held back."""

    base: Decimal
    target: Decimal
    posted: Decimal
    waiting: Decimal


@dataclass(frozen=True, slots=True)
class Due:
    """What a client's service month comes to for a partner: `target` of `full_target` is not held back."""

    mrr: Decimal
    rate: Decimal
    base: Decimal
    full_target: Decimal
    target: Decimal
    matured_on: date | None


def reckon_months(
    scope: Scope, *, partners: Sequence[int], from_month: date, to_month: date
) -> dict[tuple[int, date], Month]:
    """What the service months of partners in a scope come to, by partner and month."""
    with connection.cursor() as cursor:
        cursor.execute(complete(BY_MONTH, scope), _parameters(scope, partners, from_month, to_month))
        return {(partner, month): Month(*amounts) for partner, month, *amounts in cursor.fetchall()}


def reckon_parts(scope: Scope, *, partner: int, month: date) -> dict[int, Part]:
    """What one service month of a partner is made of, by client."""
    with connection.cursor() as cursor:
        cursor.execute(complete(BY_CLIENT, scope), _parameters(scope, [partner], month, month))
        return {client: Part(*amounts) for client, *amounts in cursor.fetchall()}


def reckon_due(
    scope: Scope, *, partners: Sequence[int], from_month: date, to_month: date
) -> dict[tuple[int, int, date], Due]:
    """What the service months of partners in a scope come to, by partner, client and month."""
    with connection.cursor() as cursor:
        cursor.execute(complete(BY_CLIENT_AND_MONTH, scope), _parameters(scope, partners, from_month, to_month))
        return {(partner, client, month): Due(*rest) for partner, client, month, *rest in cursor.fetchall()}


def _parameters(scope: Scope, partners: Sequence[int], from_month: date, to_month: date) -> dict[str, Any]:
    return {**scope.parameters(), "partners": list(partners), "from_month": from_month, "to_month": to_month}
