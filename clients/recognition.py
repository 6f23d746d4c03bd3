"""Whether a company is a client already: the same domain, or nearly the same name."""

from collections.abc import Sequence
from datetime import date

from django.db import connection

from clients.models import Client
from referrals.customers import Customer
from referrals.recognition import Company, compare

# A client's name stands as it is billed; a name without its legal form has to be in it to this degree, of 1.
WITHIN = "0.4"
MOST_ALIKE = 20  # So many clients are looked at more closely for each company, those most alike.
CANDIDATES = """
    WITH asked AS (
        SELECT * FROM unnest(%(names)s::text[]) WITH ORDINALITY AS asked (name, place)
    )
    SELECT asked.place, alike.id
    FROM asked CROSS JOIN LATERAL (
        SELECT client.id FROM clients_client AS client
        WHERE asked.name <%% client.name AND (client.canceled_on IS NULL OR client.canceled_on > %(on)s)
        ORDER BY word_similarity(asked.name, client.name) DESC, client.id
        LIMIT %(most)s
    ) AS alike
    WHERE asked.name <> ''
    UNION
    SELECT told.place, client.id
    FROM unnest(%(places)s::bigint[], %(domains)s::text[]) AS told (place, domain)
    JOIN clients_client AS client ON lower(client.domain) IN (told.domain, 'www.' || told.domain)
    WHERE client.canceled_on IS NULL OR client.canceled_on > %(on)s
    ORDER BY 1, 2
"""


def find_customers(companies: Sequence[Company], on: date) -> list[Customer | None]:
    """For each company the client that it is on a day; cancelled ones are customers no more."""
    pairs = _candidates(companies, on)
    clients = Client.objects.in_bulk({client for _, client in pairs})
    found: list[Customer | None] = [None] * len(companies)
    for place, key in pairs:
        client = clients[key]
        known = Company.told(name=client.name, email="", site=client.domain)
        alike = compare(companies[place], known)
        if alike.is_same and found[place] is None:
            found[place] = Customer(client.name, client.reference, client.lead_id, alike.reasons[0].by)
    return found


def _candidates(companies: Sequence[Company], on: date) -> list[tuple[int, int]]:
    domains = [(place, domain) for place, company in enumerate(companies, 1) for domain in sorted(company.domains)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pg_trgm.word_similarity_threshold', %s, true)", [WITHIN])
        cursor.execute(
            CANDIDATES,
            {
                "names": [company.name for company in companies],
                "places": [place for place, _ in domains],
                "domains": [domain for _, domain in domains],
                "on": on,
                "most": MOST_ALIKE,
            },
        )
        return [(place - 1, client) for place, client in cursor.fetchall()]
