"""How facts get into the database: `columns` says what each may look like, `stage` copies them beside the
tables, `checks` finds what is wrong, `merge` writes. `services/record_facts.py` is the one way through."""
