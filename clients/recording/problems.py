"""What is wrong with facts, row by row, in words that say the way out."""

from dataclasses import dataclass, field

SHOWN = 100


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
        return f"{place}{subject + ': ' if subject else ''}{self.wrong}; {self.right}"


@dataclass(slots=True)
class Problems:
    """All that was found: the first hundred in full, the rest counted."""

    shown: list[Problem] = field(default_factory=list)
    count: int = 0

    def add(self, problem: Problem) -> None:
        self.count += 1
        if len(self.shown) < SHOWN:
            self.shown.append(problem)


class FactsRefused(Exception):
    """Nothing was recorded, because of these problems."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        super().__init__(f"Nothing was recorded: {problems.count} problem{'s' * (problems.count != 1)}")
