"""How fast it is, each figure beside its floor: `make bench`, or `python -m benchmarks [figure …] [--size N]`.

`program` writes believable programs of any size, `steps` are what is timed, each in a process of its own
(`child`), `floor` is the hand-written SQL that the engine is held against, `figures` puts them together.
"""
