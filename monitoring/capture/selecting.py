"""One attribute of a payload → one cell per row: by index, by name, or by JMESPath.

Needs     `InferenceAttribute` and its like as the user wrote it, and a payload
Gives     the attribute's cells, as text

`0` is the first cell of every row, `score` a field's name, `predictions[*].score` a
JMESPath over the whole payload. A path that finds nothing is the model's answer having
changed its shape: the record is left out and the shape, keys only, is what the error shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

import jmespath  # type: ignore[import-untyped]

from monitoring.capture.lines import Flaw
from monitoring.capture.payloads import Row, cell, entries, holds_json, json_values, rows_of, shape
from monitoring.capture.reading import one_answer_per_row
from monitoring.capture.records import Payload
from monitoring.errors import UsageError

Search = Callable[[Any], Any]


def compiled(expression: str, name: str) -> Search:
    """A JMESPath as a function; raises UsageError naming the attribute.

    >>> compiled("predictions[*].score", "ProbabilityAttribute")({"predictions": [{"score": 1}]})
    [1]
    """
    try:
        search: Search = jmespath.compile(expression).search
    except jmespath.exceptions.JMESPathError:
        raise UsageError(
            f"{name} is {expression[:80]!r}, which is neither a column's index nor its name, and "
            "no JMESPath either. See jmespath.org."
        ) from None
    return search


@dataclass(frozen=True, slots=True)
class Selector:
    """How one attribute is found.

    >>> scores = Selector.of("1", "ProbabilityAttribute")
    >>> scores.cells(Payload("1,0.9\\n0,0.2", "CSV", "text/csv"), None)
    ['0.9', '0.2']
    """

    name: str
    text: str
    search: Search | None = field(default=None, compare=False)

    @classmethod
    def of(cls, text: str, name: str) -> Self:
        """From an attribute as configured; raises UsageError when it cannot be one."""
        return cls(name, text, None if text.isdecimal() else _lenient(text, name))

    def cells(self, payload: Payload, rows: int | None) -> list[str]:
        """One cell per row of the payload; raises Flaw.

        `rows` is how many there should be, where another side of the record tells.
        """
        if self.text.isdecimal():
            return [self._at(row, int(self.text)) for row in paired(rows_of(payload), rows)]
        if holds_json(payload) and (found := self._found(payload, rows)):
            return found
        named = paired(rows_of(payload), rows)
        if all(isinstance(row, dict) and self.text in row for row in named):
            return [row[self.text] for row in named if isinstance(row, dict)]
        raise Flaw("undecodable", f"{self.name} {self.text[:80]!r} is not in {_shape(payload)}")

    def _at(self, row: Row, index: int) -> str:
        if isinstance(row, list) and index < len(row):
            return row[index]
        kind = f"{len(row)} {'columns' if isinstance(row, list) else 'named fields'}"
        raise Flaw("undecodable", f"{self.name} is {index}, but a row has {kind}")

    def _found(self, payload: Payload, rows: int | None) -> list[str]:
        """What the path finds: in the payload as one, else in each of its rows."""
        if self.search is None:
            return []
        values = json_values(payload)
        for parts in (values, [entry for value in values for entry in entries(value)]):
            found = [self.search(part) for part in parts]
            flat = [
                one for value in found for one in (value if isinstance(value, list) else [value])
            ]
            right = rows is None or len(flat) == rows
            if (
                flat
                and right
                and not any(one is None or isinstance(one, list | dict) for one in flat)
            ):
                return [cell(one) for one in flat]
        return []


def feature_rows(payload: Payload, search: Search | None) -> list[Row]:
    """The rows of features in a payload, those the path (`FeaturesAttribute`) finds.

    >>> feature_rows(Payload('{"features": [28, 2]}', "JSON", "application/json"), None)
    [['28', '2']]
    """
    if search is None:
        return rows_of(payload)
    values = json_values(payload)
    for parts in (values, [entry for value in values for entry in entries(value)]):
        found = [search(part) for part in parts]
        rows = [row for value in found for row in (value if _holds_lists(value) else [value])]
        if rows and all(isinstance(row, list) and row for row in rows):
            return [[cell(one) for one in row] for row in rows]
    raise Flaw("undecodable", f"FeaturesAttribute finds no list of features in {_shape(payload)}")


def sole_cells(payload: Payload, rows: int | None) -> list[str]:
    """The only cell of every row: a label needs no attribute. Raises Flaw.

    >>> sole_cells(Payload('{"label": 1}', "JSON", ""), 1)
    ['1']
    """
    found = paired(rows_of(payload), rows)
    if any(len(row) != 1 for row in found):
        raise Flaw("undecodable", f"the label is not one value: {_shape(payload)}")
    return [next(iter(row.values())) if isinstance(row, dict) else row[0] for row in found]


def paired(found: list[Row], rows: int | None) -> list[Row]:
    """The rows found, also where a server answers n rows with one line; raises Flaw."""
    return found if rows is None or len(found) == rows else one_answer_per_row(found, rows)


def _lenient(text: str, name: str) -> Search | None:
    """A path, or None for a field whose plain name is none (`credit score`)."""
    try:
        return compiled(text, name)
    except UsageError:
        if any(character in text for character in "[]{}*?@&|`'\""):
            raise
        return None


def _is_scalar(value: Any) -> bool:
    return value is not None and not isinstance(value, list | dict)


def _holds_lists(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], list)


def _shape(payload: Payload) -> str:
    if not holds_json(payload):
        return f"CSV with {len(rows_of(payload)[0])} columns"
    values = json_values(payload)
    return shape(values[0] if len(values) == 1 else values)
