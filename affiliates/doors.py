"""How a door to another system stands, as each of them says it of itself."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a door is connected, one sentence about it, and how many things wait there for a person."""

    is_on: bool
    says: str
    waiting: int
