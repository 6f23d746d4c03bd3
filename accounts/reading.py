"""Rows of plain SQL, with models in them: for what is read by each page, or by the one that is opened most.

Django words a query anew each time that it is asked, which takes longer than PostgreSQL's answer, and it reads
one model with a statement. SQL that is written once, and reads at once all that is needed, takes a quarter.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import Model

PREPARED: WeakKeyDictionary[Any, dict[str, str]] = WeakKeyDictionary()  # By connection: what executes each statement.


class Part(NamedTuple):
    """The columns of a row from `start` to `end` that make a model, and what turns their values into its own."""

    model: type[Model]
    names: tuple[str, ...]
    start: int
    end: int
    key: int
    converters: tuple[tuple[int, Any, Any], ...]


def read_rows(
    sql: str, parameters: Sequence[Any] = (), *, leave_out: tuple[str, ...] = (), **models: type[Model]
) -> list[tuple[Any, ...]]:
    """Read rows: of the models, in their order here, then of what else the statement selects after them.

    In the SQL `{name}` is the columns of the model with that name, from the table or alias of that name; in the
    row it is None where a join found none. `leave_out` names columns to read only when they are asked for, like
    `version.text`.
    """
    text, parts = _written(sql, leave_out, tuple(models.items()))
    with connection.cursor() as cursor:
        cursor.execute(_kept(text, len(parameters), cursor), parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    if not parts:
        return rows
    end = parts[-1].end
    return [(*(_made(part, row) for part in parts), *row[end:]) for row in rows]


class Question(NamedTuple):
    """A statement that is asked together with others: how many columns it has, and what a row of it makes."""

    sql: str
    columns: int
    parameters: Sequence[Any]
    make: Callable[..., Any]


def read_together(*questions: Question) -> list[list[Any]]:
    """Read what each of the questions asks, all in one statement: every question alone costs a way to PostgreSQL.

    PostgreSQL gives each column of each question as an array, so its values have to be of PostgreSQL's own types.
    """
    text = _together(tuple((each.sql, each.columns) for each in questions))
    (row,) = read_rows(text, [value for each in questions for value in each.parameters])
    found, start = [], 0
    for each in questions:
        columns = row[start : start + each.columns]
        found.append(list(map(each.make, *columns)) if columns[0] is not None else [])
        start += each.columns
    return found


@cache
def _together(questions: tuple[tuple[str, int], ...]) -> str:
    parts = []
    for number, (sql, count) in enumerate(questions):
        columns = [f"column_{place}" for place in range(count)]
        arrays = ", ".join(f"array_agg({column})" for column in columns)
        parts.append(f"(SELECT {arrays} FROM ({sql}) AS asked ({', '.join(columns)})) AS question_{number}")
    return f"SELECT * FROM {', '.join(parts)}"


def _made(part: Part, row: tuple[Any, ...]) -> Model | None:
    if row[part.key] is None:
        return None
    values = list(row[part.start : part.end])
    for place, convert, expression in part.converters:
        values[place] = convert(values[place], expression, connection)
    return part.model.from_db(connection.alias, part.names, values)


def _kept(text: str, parameters: int, cursor: CursorWrapper) -> str:
    """What executes a statement by its name: PostgreSQL then plans it once for a connection, not each time.

    Where a pooler hands connections on between transactions, which Django is told of by
    `DISABLE_SERVER_SIDE_CURSORS`, it is the statement itself.
    """
    database = cursor.db
    if database.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
        return text
    names = PREPARED.setdefault(database.connection, {})
    if text not in names:
        name, places = f"kept_{len(names)}", [f"${place + 1}" for place in range(parameters)]
        cursor.execute(f"PREPARE {name} AS {text % tuple(places)}")
        names[text] = f"EXECUTE {name}({', '.join(['%s'] * parameters)})" if parameters else f"EXECUTE {name}"
    return names[text]


@cache
def _written(
    sql: str, leave_out: tuple[str, ...], models: tuple[tuple[str, type[Model]], ...]
) -> tuple[str, tuple[Part, ...]]:
    """The SQL with its columns, and where the models lie in its rows."""
    columns, parts, start = {}, [], 0
    for name, model in models:
        fields = [field for field in model._meta.concrete_fields if f"{name}.{field.attname}" not in leave_out]
        columns[name] = ", ".join(f"{name}.{field.column}" for field in fields)
        converters = tuple(
            (place, convert, field.cached_col)
            for place, field in enumerate(fields)
            for convert in field.get_db_converters(connection)  # type: ignore[attr-defined]
        )
        attributes = tuple(field.attname for field in fields)
        key = start + next(place for place, field in enumerate(fields) if field.primary_key)
        parts.append(Part(model, attributes, start, start + len(fields), key, converters))
        start += len(fields)
    return sql.format(**columns), tuple(parts)
