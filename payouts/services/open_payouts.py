from datetime import date, datetime
from decimal import Decimal

from django.db import connection

from accounts.models import User
from commissions.models import Period
from payouts.models.payout import OPEN

# A payout for each partner whose balance is positive beyond what open payouts already speak for.
SPOKEN_FOR = """
        SELECT partner_id, sum(coalesce(payable, amount)) AS amount
        FROM payouts_payout WHERE state = ANY (%(open)s) GROUP BY partner_id
"""
PAYOUTS = f"""
    WITH balance AS (
        SELECT partner_id, sum(amount) AS amount FROM commissions_ledgerentry GROUP BY partner_id
    ), spoken_for AS ({SPOKEN_FOR}), opened AS (
        INSERT INTO payouts_payout (partner_id, period_id, amount, state, opened_at, computed_by_id, closed_by_id,
                                    withheld, signature)
        SELECT partner_id, %(month)s, balance.amount - coalesce(spoken_for.amount, 0), 'waiting', %(at)s,
               %(computed_by)s, %(closed_by)s, 0, ''
        FROM balance LEFT JOIN spoken_for USING (partner_id)
        WHERE balance.amount - coalesce(spoken_for.amount, 0) > 0
        ORDER BY partner_id
        RETURNING id
    )
    INSERT INTO payouts_payoutstep (payout_id, state, at, by_id, reason)
    SELECT id, 'waiting', %(at)s, %(closed_by)s, 'The month was closed' FROM opened
"""
# The same before the closing, which will add what the month's run posted to the balances.
EXPECTED = f"""
    WITH balance AS (
        SELECT partner_id, sum(amount) AS amount FROM (
            SELECT partner_id, amount FROM commissions_ledgerentry
            UNION ALL
            SELECT partner_id, amount FROM commissions_commission WHERE period_id = %(month)s AND state = 'posted'
        ) AS entry GROUP BY partner_id
    ), spoken_for AS ({SPOKEN_FOR})
    SELECT count(*), coalesce(sum(balance.amount - coalesce(spoken_for.amount, 0)), 0)
    FROM balance LEFT JOIN spoken_for USING (partner_id)
    WHERE balance.amount - coalesce(spoken_for.amount, 0) > 0
"""


def expected_payouts(*, month: date) -> tuple[int, Decimal]:
    """This function will tell how many payouts closing an open month would open now, and over how much."""
    with connection.cursor() as cursor:
        cursor.execute(EXPECTED, {"month": month, "open": [state.value for state in OPEN]})
        count, amount = cursor.fetchone()
        return int(count), Decimal(amount)


def open_payouts(*, period: Period, computed_by: User | None, closed_by: User | None, at: datetime) -> int:
    """This function will open a closed period's payouts and say how many; call it in the closing's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            PAYOUTS,
            {
                "month": period.month,
                "at": at,
                "open": [state.value for state in OPEN],
                "computed_by": computed_by.pk if computed_by else None,
                "closed_by": closed_by.pk if closed_by else None,
            },
        )
        return int(cursor.rowcount)
