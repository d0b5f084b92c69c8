"""A table's state: one ColumnState per column, fed batch by batch.

Needs     record batches of utf8 columns, all with the same columns
Gives     the rows and columns that data quality reports on

Mergeable like its columns: a partition each, then `a + b` in partition order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Self

import pyarrow as pa

from monitoring.measures.column import ColumnState


class TableState:
    """Sufficient statistics of a table whose cells are text.

    `domains` are the texts a baseline allows, by column name.

    >>> table = TableState.of([pa.record_batch({"a": ["1", "2"], "b": ["x", None]})])
    >>> table.rows, table.names, table["b"].missing
    (2, ('a', 'b'), 1)
    """

    def __init__(self, names: Iterable[str], domains: Mapping[str, Collection[str]]) -> None:
        self.rows = 0
        self.columns = {name: ColumnState(domains.get(name)) for name in names}

    @classmethod
    def of(
        cls,
        batches: Iterable[pa.RecordBatch],
        domains: Mapping[str, Collection[str]] | None = None,
    ) -> Self:
        """The state of a stream of batches; memory is bounded by one batch."""
        table: Self | None = None
        for batch in batches:
            if table is None:
                table = cls(batch.schema.names, domains or {})
            table.update(batch)
        return cls((), {}) if table is None else table

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in the order of the data."""
        return tuple(self.columns)

    def __getitem__(self, name: str) -> ColumnState:
        return self.columns[name]

    def update(self, batch: pa.RecordBatch) -> None:
        """Take in one batch, whose columns are those of the first."""
        if tuple(batch.schema.names) != self.names:
            raise ValueError(
                f"a batch has columns {batch.schema.names}, the first had {list(self.names)}; "
                "a stream of batches has one schema"
            )
        self.rows += batch.num_rows
        for name, cells in zip(self.names, batch.columns, strict=True):
            self.columns[name].update(cells)

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
