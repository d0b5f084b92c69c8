"""The JSONPath that batch transform's filters take: parts of a record, by name or by place.

    $  $.name  $['name']  $['a','b']  $[0]  $[0,-1]  $[1:]  $[:3]  $.*  $[*]

as the developer guide lists them ("Associate Prediction Results with Input Records"). A CSV
record is a list of its cells. What selects one part gives that part, what selects several
gives a record of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_STEP = re.compile(
    r"""\.(?P<name>[A-Za-z_][\w-]*)
      | \.\* | \[\*\]
      | \[(?P<from>-?\d*):(?P<to>-?\d*)\]
      | \[(?P<places>-?\d+(?:\s*,\s*-?\d+)*)\]
      | \[(?P<names>'[^']*'(?:\s*,\s*'[^']*')*)\]""",
    re.VERBOSE,
)


class PathError(ValueError):
    """A path that is none, or that a record has no part for; the message says which."""


@dataclass(frozen=True, slots=True)
class Path:
    """A filter.

    >>> Path.parse("$[1:]").of(["7", "0.1", "0.2"])
    ['0.1', '0.2']
    >>> Path.parse("$['id','score']").of({"id": 1, "x": 2, "score": 3})
    {'id': 1, 'score': 3}
    >>> Path.parse("$.features[0]").of({"features": [5, 6]})
    5
    """

    text: str
    steps: tuple[re.Match[str], ...]

    @classmethod
    def parse(cls, text: str) -> Path:
        """Raises PathError when it is none of those above."""
        steps, place = [], 1
        while text.startswith("$") and place < len(text):
            step = _STEP.match(text, place)
            if step is None:
                break
            steps.append(step)
            place = step.end()
        if not text.startswith("$") or place != len(text):
            raise PathError(f"{text!r} is no path that batch transform takes.")
        return cls(text, tuple(steps))

    @property
    def is_whole(self) -> bool:
        """Whether it leaves a record as it is."""
        return not self.steps

    def of(self, record: Any) -> Any:
        """The part of a record; raises PathError when it has none such."""
        found = record
        for step in self.steps:
            try:
                found = _taken(found, step)
            except (KeyError, IndexError, TypeError) as error:
                raise PathError(f"{self.text!r} finds nothing at {step[0]!r}.") from error
        return found


def _taken(value: Any, step: re.Match[str]) -> Any:
    if step["name"]:
        return value[step["name"]]
    if step["names"]:
        names = re.findall(r"'([^']*)'", step["names"])
        return value[names[0]] if len(names) == 1 else {name: value[name] for name in names}
    if step["places"]:
        places = [int(place) for place in step["places"].split(",")]
        items = _items(value)
        return items[places[0]] if len(places) == 1 else [items[place] for place in places]
    if step["from"] is not None:
        start, end = (int(step[side]) if step[side] else None for side in ("from", "to"))
        return list(_items(value)[start:end])
    return list(value.values()) if isinstance(value, Mapping) else list(_items(value))


def _items(value: Any) -> Sequence[Any]:
    if not isinstance(value, list | tuple):
        raise TypeError
    return value
