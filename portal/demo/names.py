"""Invented names, and dice that always fall the same way."""

import random
import re
from itertools import product

COMPANY_DOMAIN = "quillhaven.example"
PLACES = ("Alder Ferry", "Brookmere", "Cinder Falls", "Dunmore Bay", "Elmsworth", "Fallow Hill")
STREETS = ("Invented Avenue", "Example Street", "Placeholder Road", "Sample Lane")
FIRST_NAMES = (
    "Amara", "Bruno", "Celia", "Dario", "Edith", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Kira", "Luca", "Mina",
    "Nils", "Olga", "Pablo", "Rosa", "Stefan", "Talia", "Viktor",
)  # fmt: skip
LAST_NAMES = (
    "Abernethy", "Bellweather", "Castellan", "Drummond", "Elsworthy", "Farrow", "Greenaway", "Hollins", "Ironside",
    "Jessop", "Kirkbride", "Lovelace", "Merriweather", "Nightingale", "Oakshott", "Penhaligon", "Quimby",
)  # fmt: skip
# The first ones have a story of their own, see `draft.py`.
PARTNERS = (
    "Harborline Consulting", "Copperleaf CRM", "Tidewell Digital", "Juniper Row Media", "Saltmarsh Systems",
    "Fernhollow Advisors", "Bluegate Growth", "Larkmoor Integrations", "Kestrel Point", "Mossbank Partners",
    "Pinecross Studio", "Willowby Tech", "Redfern Sales Lab", "Stonewick Solutions", "Novapath Collective",
    "Amberfield Agency", "Birchlane Marketing", "Cedarhook CRM", "Dovecote Ridge", "Eastwick Automations",
    "Foxglove Digital", "Glenhollow IT", "Hazelmere Cloud", "Ironleaf Consulting", "Jadewater Media",
    "Kingfisher Row", "Lindenhall Systems", "Maplethorn Group", "Northquay Advisors", "Opalstone Agency",
    "Pebblewharf Digital", "Quartzfield CRM", "Ravenscar Tech", "Silverbirch Sales", "Thornwick Lab",
    "Umberwood Media", "Valecrest Systems", "Westerling Growth", "Yarrowfield Partners", "Zephyr Lane",
)  # fmt: skip
CLIENT_NAMES = (
    "Alderwick", "Bramhurst", "Cobblefield", "Dunnaway", "Emberly", "Fennimore", "Gorsewood", "Hartsell", "Inglenook",
    "Jarrowdale", "Kettleby", "Lowmarsh", "Millbeck", "Netherby", "Orrinwood", "Pellham", "Quenby", "Rookhope",
    "Selwyn", "Tolland", "Ullswick", "Vexford", "Wrenfield", "Yeldham",
)  # fmt: skip
TRADES = (
    "Dental Group", "Freight", "Roofing", "Insurance", "Realty", "Staffing", "Solar", "Logistics", "Clinics",
    "Home Care", "Legal", "Movers", "Auto Parts", "Tutoring", "Lending", "Plumbing", "Travel", "Optical", "Fitness",
    "Pest Control", "Windows", "Catering", "Storage", "Veterinary",
)  # fmt: skip


def dice(*seed: object) -> random.Random:
    """Dice of one's own for each purpose, so that one story's draws do not disturb another's."""
    return random.Random(":".join(map(str, seed)))  # noqa: S311


def slug(name: str) -> str:
    """A name as it stands in a domain."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def client_names() -> list[str]:
    """All the names that clients and leads can have, each once, in the demo's order."""
    names = [f"{first} {trade}" for first, trade in product(CLIENT_NAMES, TRADES)]
    dice("client names").shuffle(names)
    return names


def person_name(*seed: object) -> str:
    """Somebody's full name."""
    drawn = dice("person", *seed)
    return f"{drawn.choice(FIRST_NAMES)} {drawn.choice(LAST_NAMES)}"


def address(*seed: object) -> str:
    """A postal address in no real place."""
    drawn = dice("address", *seed)
    return (
        f"{drawn.randrange(10, 990)} {drawn.choice(STREETS)}\n{drawn.choice(PLACES)}, CA 900{drawn.randrange(10, 99)}"
    )
