"""How a door to another system stands, as each of them says it of itself."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a door is connected, one sentence about it, and how many things wait there for a person.

    One that is connected and cannot do its work now is in trouble; the sentence says why.
    """

    is_on: bool
    says: str
    waiting: int
    is_in_trouble: bool = False
