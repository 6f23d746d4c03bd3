"""How objects of Stripe become facts: `absorb` keeps the newest of each, `lines`, `payments` and `reversals` work out
what follows for one invoice, `invoices` reads what belongs to it, `record` hands the facts of many to `record_facts`.

What follows is a function of the objects that are known, not of the order in which they came to be known.
"""
