"""A table's state: one schema, bounded by the batch, mergeable in partition order."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from monitoring.measures.table import SMALL, TableState


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


WIDE = 20
RNG = np.random.default_rng(4)


def wide_batches() -> list[pa.RecordBatch]:
    """Batches large enough to be handed to threads."""
    rows = SMALL // WIDE + 1
    return [
        batch(**{f"c{i}": [repr(x) for x in RNG.normal(i, 1, rows).tolist()] for i in range(WIDE)})
        for _ in range(3)
    ]


def written(table: TableState) -> list[object]:
    return [
        [c.present, c.moments.total, c.moments.std_dev, c.distinct.estimate]
        + [level.tobytes() for level in c.sketch.as_kll().levels]
        for c in table.columns.values()
    ]


@pytest.mark.parametrize("mode", ["corrected", "compat"])
def test_threads_change_no_bit(mode):
    batches = wide_batches()
    alone = TableState.of(batches, mode=mode, threads=1)
    for threads in (2, 5):
        assert written(TableState.of(batches, mode=mode, threads=threads)) == written(alone)


def test_what_a_thread_cannot_do_is_raised():
    broken = pa.record_batch({f"c{i}": pa.array(np.zeros(SMALL)) for i in range(2)})
    with pytest.raises(ValueError, match="unpack"):
        TableState.of([broken], threads=2)
