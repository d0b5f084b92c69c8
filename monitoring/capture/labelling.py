"""`label_headers`: a list of scores in each row's answer → the label with the largest one.

Needs     the labels in the order of their scores, and where the scores are
Gives     a label per row, in the place of a predicted label

In JSON the scores are a list that an index or JMESPath finds; in CSV such a list in one quoted
cell, or cells side by side from the index on. Of equal scores the first counts (UNCONFIRMED).
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any, Self

from monitoring.capture.lines import Flaw
from monitoring.capture.payloads import Row, entries, holds_json, json_values, rows_of, shape
from monitoring.capture.records import Payload
from monitoring.capture.selecting import Search, Selector, compiled
from monitoring.errors import UsageError


@dataclass(frozen=True, slots=True)
class LargestScore(Selector):
    """Stands where a `Selector` of predicted labels does.

    >>> scores = LargestScore.of("scores", "ProbabilityAttribute", ("cat", "dog"))
    >>> scores.cells(Payload('{"scores": [0.2, 0.8]}', "JSON", "application/json"), 1)
    ['dog']
    >>> LargestScore.of("0", "", ("cat", "dog")).cells(Payload("0.9,0.1", "CSV", ""), None)
    ['cat']
    """

    place: str = ""
    """The attribute; `text` is empty, so that nobody takes it for the index of one cell."""
    labels: tuple[str, ...] = ()

    @classmethod
    def of(cls, text: str, name: str, labels: tuple[str, ...] = ()) -> Self:
        """Raises UsageError when the attribute cannot be one, or there is nothing to choose."""
        if len(labels) < 2 or len({*labels}) < len(labels):
            raise UsageError(
                f"label_headers are {len(labels)} labels, {len({*labels})} of them distinct; the "
                "largest score chooses among two or more."
            )
        search = None if text.isdecimal() else compiled(text, name)
        return cls(name, "", search, place=text, labels=labels)

    def cells(self, payload: Payload, rows: int | None) -> list[str]:
        """One label per row of the payload; raises Flaw."""
        if self.search is not None and holds_json(payload):
            scores = self._in_json(payload, self.search)
        else:
            scores = [self._in_row(row) for row in rows_of(payload)]
        if rows is not None and len(scores) != rows:
            raise Flaw("unpaired", f"{rows} rows were sent and {len(scores)} answered")
        return [self._label(row) for row in scores]

    def _in_json(self, payload: Payload, search: Search) -> list[list[Any]]:
        values = json_values(payload)
        for parts in (values, [entry for value in values for entry in entries(value)]):
            found = [search(part) for part in parts]
            lists = [one for value in found for one in (value if _is_matrix(value) else [value])]
            if lists and all(isinstance(one, list) for one in lists):
                return lists
        seen = shape(values[0] if len(values) == 1 else values)
        raise Flaw("undecodable", f"{self.name} finds no lists of scores in {seen}")

    def _in_row(self, row: Row) -> list[Any]:
        """The scores in a row of cells: a list in the one cell, or cells from there on."""
        if isinstance(row, dict) or not self.place.isdecimal():
            raise Flaw("undecodable", f"{self.name} is no place among {len(row)} cells")
        cells = row[int(self.place) :]
        if cells and cells[0].lstrip().startswith("["):
            try:
                listed = json.loads(cells[0])
            except (ValueError, RecursionError):
                raise Flaw("undecodable", f"{self.name}: the cell is no list of scores") from None
            return listed if isinstance(listed, list) else []
        return list(cells[: len(self.labels)])

    def _label(self, scores: list[Any]) -> str:
        try:
            numbers = [float(score) for score in scores]
        except (TypeError, ValueError):
            numbers = [math.nan]
        if len(numbers) != len(self.labels) or any(map(math.isnan, numbers)):
            raise Flaw(
                "undecodable",
                f"a row has {len(scores)} scores, or some that are no numbers, for "
                f"{len(self.labels)} label_headers",
            )
        return self.labels[numbers.index(max(numbers))]


def _is_matrix(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, list) for row in value)
