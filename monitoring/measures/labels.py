"""Class labels as one spelling each, however the caller, the model and the file wrote them.

Needs     the distinct labels of a column, as text (a dictionary's values, not its rows)
Gives     canonical names, and codes into one shared list of classes

A model answers `1.0`, the label file says `1` or `true`, a CSV adds a blank. Compared as
they stand they never agree, and every metric comes out as 0.0 although the confusion
matrix looks right (aws/sagemaker-python-sdk#2953). Leading zeros go too: `01` is `1`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.int64]
"""One integer per row into a list of names; -1 where the row has no usable label."""

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
INTEGER = re.compile(r"[+-]?\d+")
MISSING = frozenset({"", "nan", "null", "none", "na"})
BOOLEANS = {"true": "1", "false": "0"}


class Coded(NamedTuple):
    """A column in dictionary form: `names[codes[row]]`, -1 for none.

    What pyarrow calls a dictionary array and pandas a categorical.
    """

    codes: Codes
    names: tuple[str, ...]

    @classmethod
    def of(cls, values: Sequence[object]) -> Coded:
        """Code a short list of labels.

        >>> Coded.of(["b", "a", "b", None])
        Coded(codes=array([ 0,  1,  0, -1]), names=('b', 'a'))
        """
        names = {str(value): None for value in values if value is not None}
        place = {name: code for code, name in enumerate(names)}
        codes = [-1 if value is None else place[str(value)] for value in values]
        return cls(np.array(codes, dtype=np.int64), tuple(names))


def canonical(label: str, synonyms: Mapping[str, str] | None = None) -> str | None:
    """One spelling for a label; None when it says that there is none.

    `synonyms` is the user's own mapping (`{"fraud": "1"}`), applied to the trimmed text
    before anything else.

    >>> [canonical(text) for text in ("0.0", "true", " 1", "1e0", "0.5", "high", "NaN")]
    ['0', '1', '1', '1', '0.5', 'high', None]
    >>> canonical("declined", {"declined": "0"})
    '0'
    """
    text = label.strip()
    if synonyms and text in synonyms:
        return synonyms[text]
    if text.lower() in MISSING:
        return None
    if INTEGER.fullmatch(text):
        return str(int(text)) if len(text) <= 18 else text
    if NUMBER.fullmatch(text):
        number = float(text)
        if not abs(number) < 2**53:
            return text
        return str(int(number)) if number.is_integer() else repr(number)
    return BOOLEANS.get(text.lower(), text)


def class_order(names: Iterable[str]) -> tuple[str, ...]:
    """Classes in the order people expect: numbers by value, then text.

    >>> class_order(["b", "10", "2", "a"])
    ('2', '10', 'a', 'b')
    """
    return tuple(
        sorted(
            set(names),
            key=lambda name: (0, float(name), name) if NUMBER.fullmatch(name) else (1, 0.0, name),
        )
    )


def recode(
    column: Coded, classes: Sequence[str], synonyms: Mapping[str, str] | None = None
) -> Codes:
    """Codes of `column` into `classes`; -1 for a label that is none of them.

    >>> recode(Coded.of(["true", "0.0", " 1", "maybe"]), ("0", "1"))
    array([ 1,  0,  1, -1])
    """
    place = {name: code for code, name in enumerate(classes)}
    spelt = (canonical(name, synonyms) for name in column.names)
    lookup = [-1 if name is None else place.get(name, -1) for name in spelt]
    return np.array([*lookup, -1], dtype=np.int64)[column.codes]


def classes_of(
    columns: Iterable[Coded], synonyms: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    """Every class that any of the columns names, each once, in class order.

    >>> classes_of([Coded.of(["1.0", "0"]), Coded.of(["true", None])])
    ('0', '1')
    """
    spelt = (canonical(name, synonyms) for column in columns for name in column.names)
    return class_order(name for name in spelt if name is not None)
