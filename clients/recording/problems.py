"""What is wrong with facts, row by row, in words that say the way out."""

from dataclasses import dataclass, field

SHOWN = 100
REFUSED_KEPT = 100_000  # Beyond so many, what refers to a refused row is reported as well.


@dataclass(frozen=True, slots=True)
class Problem:
    """One bad value: where it stands, whose it is, what is wrong and what would be right."""

    table: str
    line: int
    key: str
    column: str
    wrong: str
    right: str

    def __str__(self) -> str:
        place = f"{self.table}:{self.line}: " if self.line else f"{self.table}: "
        subject = " ".join(word for word in (self.key, self.column) if word)
        told = f"{place}{subject + ': ' if subject else ''}{self.wrong}; {self.right}"
        return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in told)


@dataclass(slots=True)
class Problems:
    """All that was found: the first hundred in full, the rest counted.

    `refused` are (kind, key) of rows that are not staged because of a problem, so that what refers to them is
    not reported too; a key of None stands for every key of a kind whose rows could not be read to the end.
    """

    shown: list[Problem] = field(default_factory=list)
    count: int = 0
    refused: set[tuple[str, str | None]] = field(default_factory=set)

    def add(self, problem: Problem) -> None:
        self.count += 1
        if len(self.shown) < SHOWN:
            self.shown.append(problem)

    def refuse(self, kind: str, key: str | None) -> None:
        """This function will remember a row that was refused, or with None that a table could not be read."""
        if key is None or len(self.refused) < REFUSED_KEPT:
            self.refused.add((kind, key and key.replace("\0", "")))


class FactsRefused(Exception):
    """Nothing was recorded, because of these problems."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        super().__init__(f"Nothing was recorded: {problems.count} problem{'s' * (problems.count != 1)}")
