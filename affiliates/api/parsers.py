"""Bodies of calls: JSON that every reader reads alike, and no more of it than a call takes."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from affiliates.api.problems import TooLarge

MOST = 1024 * 1024  # Bytes.
DEEPEST = 20  # Lists and objects inside each other.
SHOWN = 60


class Json(JSONParser):
    """JSON as RFC 8259 has it, in UTF-8, whichever other encoding the call names.

    What another reader could read otherwise is refused: a name that stands twice in an object, NaN, half of a sign.
    """

    most = MOST
    number: Callable[[str], Any] = float

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        body = stream.read(self.most + 1)
        if len(body) > self.most:
            raise TooLarge(f"A call takes up to {self.most // MOST} MiB here.")
        try:
            text = body.decode()
            said = json.loads(
                text,
                parse_float=type(self).number,
                parse_constant=_no_number,
                object_pairs_hook=_object,
            )
        except RecursionError as error:
            raise _too_deep() from error
        except ValueError as error:
            raise ParseError(f"This is no JSON: {error}.") from error
        _check_depth(said)
        if "\\ud" in text.lower():
            _check_signs(said)
        return said


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise ValueError(f"{json.dumps(twice)[:SHOWN]} stands twice in one object")
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")


def _check_depth(said: Any) -> None:
    level = [said]
    for _ in range(DEEPEST):
        inner: list[Any] = []
        for each in level:
            if isinstance(each, dict):
                inner.extend(each.values())
            elif isinstance(each, list):
                inner.extend(each)
        if not inner:
            return
        level = inner
    raise _too_deep()


def _check_signs(said: Any) -> None:
    """One half of a pair of surrogates is no sign: nobody can write it, and no database keeps it."""
    try:
        json.dumps(said, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError as error:
        raise ParseError("This is no JSON: there is half of a sign in it, which nobody can write.") from error


def _too_deep() -> ParseError:
    return ParseError(f"There are more than {DEEPEST} lists and objects inside each other.")
