"""A plain table, CSV or Parquet → batches of text columns.

Needs     a file, or a directory of files with the same columns
Gives     batches whose columns are all text; an empty cell is null

Everything is read as text because types are inferred from the text (`1.0` is fractional,
`1` integral). Parquet has types instead of text; its numbers become the text that CSV
would have held.
"""

from __future__ import annotations

import csv
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from monitoring.documents import java_double
from monitoring.errors import UsageError

BATCH_ROWS = 16_384
CACHED_BYTES = 2 << 20
"""How much CSV is parsed at once, unless a row is longer."""
BLOCK_BYTES = 16 << 20
"""The longest row there can be."""

_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?|nan|NaN|")


def read_csv(
    path: Path, header: bool = True, batch_rows: int = BATCH_ROWS
) -> Iterator[pa.RecordBatch]:
    """Rows of a CSV file, or of every file in a directory.

    Without a header, columns are called `_c0`, `_c1`, … as AWS's analyzer does.

    Raises UsageError naming file, line and cause: a missing or empty file, a row with
    another number of cells, text that is not UTF-8, a header that is none.
    """
    expected: Sequence[str] | None = None
    for file in table_files(path):
        names, skipped = _names(file, header)
        if expected is not None and names != expected:
            raise UsageError(
                f"{file}: has other columns than the files before it in {path}. "
                "They are read as one table; give every file the same header."
            )
        expected = names
        yield from _csv_batches(file, names, skipped, batch_rows)


def read_parquet(path: Path, batch_rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
    """Rows of a Parquet file, or of every file in a directory; raises UsageError."""
    for file in table_files(path):
        with _explained(file, "Parquet"):
            for batch in pa.parquet.ParquetFile(file).iter_batches(batch_rows):
                names = batch.schema.names
                columns = list(map(_as_text, batch.columns, names))
                yield pa.RecordBatch.from_arrays(columns, names=names)


def text_batch(names: Sequence[str], rows: Iterable[Sequence[str]]) -> tuple[pa.RecordBatch, int]:
    """Rows of cells as a batch, and how many cells had to be mended.

    JSON can escape half of a surrogate pair, which UTF-8 cannot hold; such a half becomes
    the replacement character.

    >>> batch, mended = text_batch(["city", "age"], [["Rome", "31"], ["\\ud800", ""]])
    >>> batch.to_pylist()[1] == {"city": "\\ufffd", "age": None}, mended
    (True, 1)
    """
    columns, mended = [], 0
    for cells in zip(*rows, strict=True):
        values = [cell or None for cell in cells]
        try:
            columns.append(pa.array(values, pa.utf8()))
        except UnicodeEncodeError:
            whole = [value and _whole_characters(value) for value in values]
            mended += sum(new != old for new, old in zip(whole, values, strict=True))
            columns.append(pa.array(whole, pa.utf8()))
    return pa.RecordBatch.from_arrays(columns, names=list(names)), mended


def table_files(path: Path) -> list[Path]:
    """The files that are read as one table, in order; raises UsageError when there are none."""
    if path.is_file():
        return [path]
    files = sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith((".", "_")))
    if files:
        return files
    cause = "holds no file" if path.is_dir() else "does not exist"
    raise UsageError(f"{path}: {cause}. It should be the table to read; check the path.")


def _names(file: Path, header: bool) -> tuple[list[str], int]:
    """The column names, from the header or by position, and the lines they took."""
    try:
        with file.open(newline="", encoding="utf-8-sig") as text:
            reader = csv.reader(text)
            first = next((row for row in reader if row), None)
    except (UnicodeDecodeError, csv.Error, OSError) as error:
        raise UsageError(_unreadable(file, "CSV", error)) from None
    if first is None:
        raise UsageError(f"{file}: is empty, so there is nothing to evaluate.")
    if not header:
        return [f"_c{position}" for position in range(len(first))], 0
    if all(_NUMBER.fullmatch(cell) for cell in first):
        raise UsageError(
            f"{file}: the first line holds numbers, not column names. Read as a header it would "
            "lose a row and name nothing; add a header, or say that there is none."
        )
    names = [name or f"_c{position}" for position, name in enumerate(first)]
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise UsageError(
            f"{file}: {len(twice)} column names stand more than once in the header (column "
            f"{names.index(twice[0]) + 1} is the first). A finding could not say which it means; "
            "rename them."
        )
    return names, reader.line_num


def _csv_batches(
    file: Path, names: Sequence[str], skipped: int, batch_rows: int
) -> Iterator[pa.RecordBatch]:
    """Rows of one file; of the row with another number of cells, the error names the place."""
    ragged: list[Any] = []
    with _explained(file, "CSV"):
        yield from _joined(_blocks(file, names, skipped, ragged), batch_rows)
    if ragged:
        row = ragged[0]
        raise UsageError(
            f"{file}: row {row.number} has {row.actual_columns} cells, but there are "
            f"{row.expected_columns} columns. One shifted row spoils every column; look for an "
            "unquoted comma there."
        )


def _blocks(
    file: Path, names: Sequence[str], skipped: int, ragged: list[Any]
) -> Iterator[pa.RecordBatch]:
    """Rows as they are parsed, up to the first ragged one, which goes to `ragged`.

    Small blocks are parsed within the processor's cache, twice as fast; where a row is longer
    than that, the rest of the file is read again in large ones.
    """
    done = 0

    def remember(row: Any) -> str:
        ragged.append(row)
        return "skip"

    for block in (CACHED_BYTES, BLOCK_BYTES):
        reading = pa.csv.ReadOptions(
            use_threads=False,  # only then does a ragged row know its number
            block_size=block,
            column_names=list(names),
            skip_rows=skipped,
            skip_rows_after_names=done,
        )
        parsing = pa.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=remember)
        converting = pa.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.utf8()),
            null_values=[""],
            strings_can_be_null=True,
        )
        try:
            for batch in pa.csv.open_csv(file, reading, parsing, converting):
                if ragged:
                    return
                done += batch.num_rows
                yield batch
            return
        except pa.ArrowInvalid as error:
            if "straddling" not in str(error) or block == BLOCK_BYTES:
                raise


def _joined(batches: Iterator[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """The same rows in batches of at most `rows`, and hardly fewer unless they are long."""
    waiting: list[pa.RecordBatch] = []
    number = size = 0
    for batch in batches:
        waiting.append(batch)
        number, size = number + batch.num_rows, size + batch.nbytes
        if number < rows and size < BLOCK_BYTES:
            continue
        whole = pa.concat_batches(waiting)
        full = number - number % rows if size < BLOCK_BYTES else number
        yield from (whole.slice(start, min(rows, full - start)) for start in range(0, full, rows))
        waiting, number, size = [whole.slice(full)], number - full, 0
    if number:
        yield pa.concat_batches(waiting)


def _as_text(column: Any, name: str) -> Any:
    """A typed column as the text a CSV file would hold."""
    if pa.types.is_floating(column.type):
        texts = [None if value is None else _double(value) for value in column.to_pylist()]
        return pa.array(texts, pa.utf8())
    try:
        return column.cast(pa.utf8())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise UsageError(
            f"column {name!r} is {column.type}, which has no plain text. Only flat columns can "
            "be monitored; leave it out or flatten it."
        ) from None


def _whole_characters(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _double(value: float) -> str:
    """As Java prints it.

    >>> [_double(value) for value in (1.0, 1e-5, float("nan"), float("-inf"))]
    ['1.0', '1.0E-5', 'NaN', '-Infinity']
    """
    if math.isfinite(value):
        return java_double(value)
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


@contextmanager
def _explained(file: Path, kind: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowInvalid, OSError) as error:
        raise UsageError(_unreadable(file, kind, error)) from None


def _unreadable(file: Path, kind: str, error: Exception) -> str:
    """What is wrong, without the text around it that parsers like to quote."""
    said = str(error).lower()
    if isinstance(error, UnicodeDecodeError) or "utf8" in said or "utf-8" in said:
        cause = "is not UTF-8; save it as UTF-8"
    elif "straddling" in said:
        cause = f"has a row longer than {BLOCK_BYTES >> 20} MiB; look for a quote never closed"
    elif isinstance(error, OSError) and error.strerror:
        cause = f"cannot be read ({error.strerror}); check the path and its permissions"
    else:
        cause = f"is not {kind}; check that it is the file you mean"
    return f"{file}: {cause}."
