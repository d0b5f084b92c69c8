"""A table's state: one schema, bounded by the batch, mergeable in partition order."""

from __future__ import annotations

import pyarrow as pa
import pytest

from monitoring.measures.table import TableState


def batch(**columns: list[str | None]) -> pa.RecordBatch:
    return pa.record_batch({name: pa.array(c, pa.string()) for name, c in columns.items()})


def test_no_batch_has_no_rows_and_no_columns():
    table = TableState.of([])
    assert (table.rows, table.names) == (0, ())


def test_columns_keep_the_order_of_the_data():
    assert TableState.of([batch(b=["1"], a=["2"])]).names == ("b", "a")


def test_batches_of_another_schema_are_refused():
    with pytest.raises(ValueError, match="one schema"):
        TableState.of([batch(a=["1"]), batch(b=["1"])])


def test_partitions_add_up():
    one, other = TableState.of([batch(a=["1"])]), TableState.of([batch(a=["2", None])])
    both = one + other
    assert (both.rows, both["a"].present, both["a"].missing) == (3, 2, 1)
    assert (one.rows, other.rows) == (1, 2)


def test_an_empty_partition_adds_nothing():
    one = TableState.of([batch(a=["1"])])
    assert (one + TableState.of([])).rows == (TableState.of([]) + one).rows == 1


def test_tables_of_other_columns_do_not_add_up():
    with pytest.raises(ValueError, match="not one table's"):
        TableState.of([batch(a=["1"])]) + TableState.of([batch(b=["1"])])
