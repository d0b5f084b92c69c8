"""A model out of any CSV file with a header, its columns inferred; or a model's data out of one.

Needs     a file, and either the label's column and the value that counts as positive, or the
          model whose columns it has
Writes    a Model and its table, every cell as the file has it

A column is numeric when each of its cells that is not missing is a finite number, else
categorical; codes written as numbers (`SEX` 1 or 2) are therefore numeric. Which cells are
missing: the empty ones in every column; in numeric columns also `?`, `NA`, `nan`, `null`
and `none`. Nothing is stripped: ` >50K` with its leading space is the label's value.

A first column that only counts the rows (without a name, or 0, 1, 2 …, or 1, 2, 3 …) is
left out: it says where a row stood in a file, which no later request can repeat.
"""

from __future__ import annotations

import csv
import difflib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from monitoring.errors import UsageError
from pipelines.models.base import Model, Table
from serving.encoder import NotANumber, numbers
from serving.schema import ANSWER_COLUMNS, Cell, Column, ColumnKind, Row, Schema

USUAL_POSITIVES = frozenset({"1", "1.0", "true", "yes", "y"})
"""Label values that mean "positive" when --positive is not given, in lower case."""

LONGEST_NAME = 40
MOST_CATEGORIES = 100
MOST_SEGMENTS, LARGEST_SEGMENTATION = 3, 10
"""Columns by which the evaluation of a file's model is divided, and values of each."""


def load(path: Path, label: str, positive: str | None = None) -> tuple[Model, Table]:
    """Read a whole CSV file as a model and its data.

    Rows without a label are left out. Raises UsageError for a file, a label or a
    positive value that cannot be used, naming the line, the columns or the values there are.
    """
    header, rows = _read(path)
    header, rows = _without_row_number(header, rows)
    _check_header(path, header, label)
    at = header.index(label)
    labelled = [row for row in rows if row[at]]
    labels = [row[at] for row in labelled]
    chosen = _positive(path, label, labels, positive)
    names = [name for i, name in enumerate(header) if i != at]
    cells: list[list[Cell]] = [
        [cell or None for i, cell in enumerate(row) if i != at] for row in labelled
    ]
    columns = tuple(Column(name, _kind([row[i] for row in cells])) for i, name in enumerate(names))
    model = Model(
        name=_slug(path.stem),
        schema=Schema(columns),
        label=label,
        positive=chosen,
        source=f"{path.name}, {len(labelled)} rows",
    )
    return model, Table(cells, labels)


def load_for(model: Model, path: Path) -> tuple[Model, Table]:
    """Read a CSV file as the data of a model there is already.

    The file's columns may stand in any order, with others among them; the label may be in
    a column of the model's `label_aliases`. Whole numbers among the labels may have a point
    (`1.0`). Rows without a label are left out. Raises UsageError naming the columns it lacks,
    a label that is none, or the row and column of a cell that is no number.
    """
    header, rows = _read(path)
    label, meanings = _label_of(model, header)
    wanted = [*model.schema.names, label]
    _check_header(path, header, label)
    absent = [name for name in wanted if name not in header]
    if absent:
        raise UsageError(
            f"{path}: no column {', '.join(map(repr, absent))}, which model {model.name!r} "
            f"reads; its columns are {', '.join(header)}"
        )
    at = [header.index(name) for name in wanted]
    labelled = [row for row in rows if row[at[-1]]]
    labels = [_label(path, row[at[-1]], label, meanings) for row in labelled]
    cells: list[list[Cell]] = [[row[i] or None for i in at[:-1]] for row in labelled]
    _check_numbers(path, model.schema, cells)
    if len(set(labels)) < 2:
        raise UsageError(f"{path}: {label!r} has one value only; there is nothing to learn")
    read = replace(model, source=f"{path.name}, {len(labelled)} rows")
    return read, Table(cells, labels)


def _label_of(model: Model, header: Sequence[str]) -> tuple[str, Mapping[str, str] | None]:
    """The column the label stands in, and what its values mean where it is not the model's."""
    for name, meanings in model.label_aliases.items():
        if name in header and model.label not in header:
            return name, meanings
    return model.label, None


def _label(path: Path, cell: str, column: str, meanings: Mapping[str, str] | None) -> str:
    """
    >>> _label(Path("loans.csv"), "0.0", "loan_paid_back", {"0": "1", "1": "0"})
    '1'
    """
    text = cell.strip().removesuffix(".0")
    if meanings is not None and text not in meanings:
        raise UsageError(
            f"{path}: {column!r} is {cell[:40]!r} in some row, and means something only as "
            f"{', '.join(meanings)}; correct the file"
        )
    return text if meanings is None else meanings[text]


def _check_numbers(path: Path, schema: Schema, cells: Sequence[Row]) -> None:
    for at in schema.numeric:
        column = np.empty(len(cells), dtype=object)
        column[:] = [row[at] for row in cells]
        try:
            numbers(column)
        except NotANumber as error:
            raise UsageError(
                f"{path}: {schema.names[at]!r} of row {error.row + 1} with a label is no finite "
                "number, and the model reads numbers there; correct the file"
            ) from None


def completed(model: Model, table: Table) -> Model:
    """The model with what it leaves open: categories, and columns to divide the evaluation by.

    Give the training rows: what only a later row holds is not known at that time. A column of
    more than `MOST_CATEGORIES` values keeps none, as names and codes go on to bring new ones.
    A model without segments is divided by its first columns of few categories.

    >>> model = Model("m", Schema((Column("a", "categorical"),)), "y", "1", "nowhere")
    >>> found = completed(model, Table([["x"], [None], ["w"]], ["0", "1", "1"]))
    >>> found.schema.columns[0].categories, found.segments
    (('w', 'x'), ('a',))
    """
    columns = []
    for at, column in enumerate(model.schema.columns):
        known = column.categories
        if column.kind == "categorical" and not known:
            found = {cell for row in table.rows if (cell := row[at]) is not None}
            known = tuple(sorted(found)) if len(found) <= MOST_CATEGORIES else ()
        columns.append(replace(column, categories=known))
    few = [each.name for each in columns if 2 <= len(each.categories) <= LARGEST_SEGMENTATION]
    segments = model.segments or tuple(few[:MOST_SEGMENTS])
    return replace(model, schema=Schema(tuple(columns)), segments=segments)


def _read(path: Path) -> tuple[list[str], list[list[str]]]:
    """The header and the rows, all of one width; blank lines are passed over."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = next(reader, [])
            rows = []
            for row in reader:
                if row and len(row) != len(header):
                    raise UsageError(
                        f"{path}:{reader.line_num}: {len(row)} cells under a header of "
                        f"{len(header)} columns, so their columns are unknown; correct the row"
                    )
                if row:
                    rows.append(row)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}; give --data a CSV file") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not UTF-8 at byte {error.start}; convert it first") from error
    except csv.Error as error:
        raise UsageError(f"{path}:{reader.line_num}: not CSV ({error}); correct it") from error
    if not rows:
        raise UsageError(f"{path}: no row under the header; there is nothing to learn from")
    return header, rows


def _without_row_number(
    header: list[str], rows: list[list[str]]
) -> tuple[list[str], list[list[str]]]:
    first = [row[0] for row in rows]
    counts = any(
        first == [str(number) for number in range(start, start + len(rows))] for start in (0, 1)
    )
    if len(header) > 2 and (not header[0] or (counts and len(rows) > 2)):
        return header[1:], [row[1:] for row in rows]
    return header, rows


def _check_header(path: Path, header: Sequence[str], label: str) -> None:
    if label not in header:
        near = difflib.get_close_matches(label, header, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"its columns are {', '.join(header)}"
        raise UsageError(f"{path}: no column {label!r} to learn; {hint}")
    wrong = [name for name, count in Counter(header).items() if count > 1 or not name]
    wrong += [name for name in header if name in ANSWER_COLUMNS and name != label]
    if wrong:
        raise UsageError(
            f"{path}: column names must be given, differ, and not be those of the answers "
            f"({', '.join(ANSWER_COLUMNS)}); rename {', '.join(map(repr, wrong))}"
        )
    if len(header) < 2:
        raise UsageError(f"{path}: only the label's column; there is nothing to learn from")


def _positive(path: Path, label: str, labels: Sequence[str], positive: str | None) -> str:
    """The positive value: the one given, or the one of two that usually means it."""
    values = [value for value, _ in Counter(labels).most_common()]
    seen = ", ".join(map(repr, values[:10]))
    if positive is None:
        usual = [value for value in values if value.strip().lower() in USUAL_POSITIVES]
        if len(values) != 2 or len(usual) != 1:
            raise UsageError(
                f"{path}: {label!r} does not say which of its values is the positive one "
                f"({seen}); give it with --positive"
            )
        positive = usual[0]
    if positive not in values:
        # make takes the space from the front of POSITIVE=" >50K".
        same = [value for value in values if value.strip() == positive]
        positive = same[0] if len(same) == 1 else positive
    if positive not in values:
        raise UsageError(f"{path}: {label!r} is never {positive!r}; its values are {seen}")
    if len(values) < 2:
        raise UsageError(f"{path}: {label!r} is always {positive!r}; there is nothing to learn")
    return positive


def _kind(cells: Sequence[Cell]) -> ColumnKind:
    column = np.empty(len(cells), dtype=object)
    column[:] = cells
    try:
        values = numbers(column)
    except NotANumber:
        return "categorical"
    return "categorical" if np.isnan(values).all() else "numeric"


def _slug(stem: str) -> str:
    """A name for S3 keys and stacks out of a file's name.

    >>> _slug("UCI_Credit_Card")
    'uci-credit-card'
    """
    slug = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")
    return slug[:LONGEST_NAME].rstrip("-") or "model"
