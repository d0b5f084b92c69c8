"""A table's state: one ColumnState per column, fed batch by batch.

Needs     record batches of utf8 columns, all with the same columns
Gives     the rows and columns that data quality reports on

Mergeable like its columns: a partition each, then `a + b`, in partition order for `compat`.
Threads share the columns of a batch between them, not the rows: each column sees its cells
in order, and two runs over the same data are equal to the last bit.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing import parent_process
from typing import Self

import pyarrow as pa

from monitoring.measures.column import ColumnState
from monitoring.measures.state import Mode

SHARES = 4
"""Parts per thread that a batch's columns are cut into: some columns take longer."""
SMALL = 100_000
"""Cells in a batch below which handing it to threads costs more than it saves."""


class TableState:
    """Sufficient statistics of a table whose cells are text.

    `domains` are the texts a baseline allows, by column name.

    >>> table = TableState.of([pa.record_batch({"a": ["1", "2"], "b": ["x", None]})])
    >>> table.rows, table.names, table["b"].missing
    (2, ('a', 'b'), 1)
    """

    def __init__(
        self,
        names: Iterable[str],
        domains: Mapping[str, Collection[str]],
        mode: Mode = "corrected",
    ) -> None:
        self.rows = 0
        self.columns = {name: ColumnState(domains.get(name), mode) for name in names}

    @classmethod
    def of(
        cls,
        batches: Iterable[pa.RecordBatch],
        domains: Mapping[str, Collection[str]] | None = None,
        mode: Mode = "corrected",
        threads: int | None = None,
    ) -> Self:
        """The state of a stream of batches; memory is bounded by two of them.

        While threads measure one batch, the next one is read. There are as many as
        processors, if not told otherwise, but one in a process that is itself one of several.
        """
        table: Self | None = None
        threads = threads or _processors()
        with ThreadPoolExecutor(threads) as pool:
            at_work: list[Future[None]] = []
            for batch in batches:
                _finish(at_work)
                if table is None:
                    table = cls(batch.schema.names, domains or {}, mode)
                if threads == 1 or batch.num_rows * batch.num_columns < SMALL:
                    table.update(batch)
                else:
                    at_work = [pool.submit(p) for p in table._parts(batch, threads * SHARES)]
            _finish(at_work)
        return cls((), {}) if table is None else table

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in the order of the data."""
        return tuple(self.columns)

    def __getitem__(self, name: str) -> ColumnState:
        return self.columns[name]

    def update(self, batch: pa.RecordBatch) -> None:
        """Take in one batch, whose columns are those of the first."""
        for part in self._parts(batch, 1):
            part()

    def _parts(self, batch: pa.RecordBatch, number: int) -> list[Callable[[], None]]:
        """The work that one batch makes: `number` parts, which do not touch each other."""
        if tuple(batch.schema.names) != self.names:
            raise ValueError(
                f"a batch has columns {batch.schema.names}, the first had {list(self.names)}; "
                "a stream of batches has one schema"
            )
        self.rows += batch.num_rows
        pairs = list(zip(self.columns.values(), batch.columns, strict=True))
        return [_work(pairs[first::number]) for first in range(min(number, len(pairs)))]

    def __add__(self, other: Self) -> Self:
        """Both tables' rows, `self`'s first. An empty state has no columns and adds none."""
        if not self.columns or not other.columns:
            return self if self.columns else other
        if self.names != other.names:
            raise ValueError(f"columns {self.names} and {other.names} are not one table's")
        merged = type(self)((), {})
        merged.rows = self.rows + other.rows
        merged.columns = {name: self[name] + other[name] for name in self.names}
        return merged


def _processors() -> int:
    if parent_process() is not None:
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _work(pairs: list[tuple[ColumnState, pa.StringArray]]) -> Callable[[], None]:
    def update() -> None:
        for column, cells in pairs:
            column.update(cells)

    return update


def _finish(at_work: list[Future[None]]) -> None:
    """Wait for threads; raises what one of them raised."""
    for future in at_work:
        future.result()
    at_work.clear()
