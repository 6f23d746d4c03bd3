"""What a part of a run sees: its partners and their clients as the run's last batch of facts left them."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

# RULES 5. Facts dated after `as_of` do not count, so a partner that joins or a client that closes later is
# not there yet, and what is cancelled or terminated later still goes on. `last_month` is the last service
# month that counts, `collected_by` the last day on which an invoice may have been collected.
PARTNERS = """
    CREATE TEMP TABLE engine_partner ON COMMIT DROP AS
    SELECT partner_id, terminated_on FROM (
        SELECT DISTINCT ON (partner_id) partner_id, joined_on,
               CASE WHEN terminated_on <= %(as_of)s THEN terminated_on END AS terminated_on
        FROM affiliates_partnerhistory
        WHERE batch_id <= %(batch)s AND partner_id BETWEEN %(first)s AND %(last)s
        ORDER BY partner_id, batch_id DESC
    ) AS known
    WHERE joined_on <= %(as_of)s
"""
CLIENTS = """
    CREATE TEMP TABLE engine_client ON COMMIT DROP AS
    SELECT client_id, partner_id, closed_on, canceled_on,
           (closed_on + interval '1 month')::date AS matured_on,
           least(%(month)s, date_trunc('month', canceled_on::timestamp)::date,
                 date_trunc('month', terminated_on::timestamp)::date) AS last_month,
           coalesce(terminated_on, 'infinity') AS collected_by
    FROM (
        SELECT DISTINCT ON (client_id) client_id, partner_id, closed_on,
               CASE WHEN canceled_on <= %(as_of)s THEN canceled_on END AS canceled_on
        FROM clients_clienthistory
        WHERE batch_id <= %(batch)s
        ORDER BY client_id, batch_id DESC
    ) AS known
    JOIN engine_partner USING (partner_id)
    WHERE closed_on <= %(as_of)s
"""


@dataclass(frozen=True, slots=True)
class Scope:
    """What one part of a run works on.

    `month` is the period, `as_of` its last day, `batch` the last facts it sees; partners `first` to `last`
    by primary key. `since_as_of` and `since_batch` are those of the last closed run, None to do everything.
    """

    month: date
    as_of: date
    batch: int
    first: int
    last: int
    since_month: date | None = None
    since_as_of: date | None = None
    since_batch: int | None = None

    @property
    def is_full(self) -> bool:
        return self.since_batch is None

    def parameters(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def gather(scope: Scope) -> None:
    """This function will put the part's partners and clients into temporary tables."""
    with connection.cursor() as cursor:
        # What a part holds in memory is bounded by its number of clients, not by this figure; a plan that
        # walks the history of a program because it mistrusts an index is what has to be kept away.
        cursor.execute("SET LOCAL work_mem = '256MB'; SET LOCAL jit = off; SET LOCAL random_page_cost = 1.1")
        cursor.execute("DROP TABLE IF EXISTS engine_partner, engine_client, engine_changed, engine_pair")
        cursor.execute(PARTNERS, scope.parameters())
        cursor.execute(CLIENTS, scope.parameters())
        cursor.execute("CREATE UNIQUE INDEX ON engine_client (client_id); CREATE INDEX ON engine_client (partner_id)")
        cursor.execute("ANALYZE engine_partner; ANALYZE engine_client")
