"""A snapshot is named after its content: the same rows, the same name, for good."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest

from monitoring.aws.folders import LocalFolder
from monitoring.errors import StorageError
from pipelines import data
from pipelines.retraining.production import Labelled
from pipelines.retraining.snapshot import HELD_OUT, LEARNT, Snapshot, learnt_ids


@pytest.fixture
def rows(table):
    made, start = table(60, seed=9), datetime(2026, 1, 5, tzinfo=UTC)
    return [
        Labelled(f"tx-{at}", start + timedelta(minutes=at), row, label)
        for at, (row, label) in enumerate(zip(made.rows, made.labels, strict=True))
    ]


@pytest.fixture
def historical(trained, model):
    return {part: data.read(trained / "data", part, model) for part in LEARNT}


@pytest.fixture
def snapshot(model, historical, rows):
    return Snapshot.of(model, historical, rows[:40], rows[40:])


def test_the_file_is_named_after_its_own_hash(snapshot, tmp_path):
    sha256 = snapshot.store(LocalFolder(tmp_path))
    content = (tmp_path / sha256 / "data.parquet").read_bytes()
    assert hashlib.sha256(content).hexdigest() == sha256
    manifest = json.loads((tmp_path / sha256 / "manifest.json").read_text())
    assert manifest["rows"]["held_out.production"] == 20
    assert manifest["production_to"] == "2026-01-05T00:59:00+00:00"


def test_the_same_rows_are_stored_once(model, historical, rows, snapshot, tmp_path):
    folder = LocalFolder(tmp_path)
    again = Snapshot.of(model, historical, rows[:40], rows[40:])
    assert snapshot.store(folder) == again.store(folder)
    assert len(folder.names()) == 2


def test_one_cell_makes_another_snapshot(model, historical, rows, snapshot, tmp_path):
    folder = LocalFolder(tmp_path)
    changed = [rows[0]._replace(label="no" if rows[0].label == "yes" else "yes"), *rows[1:40]]
    other = Snapshot.of(model, historical, changed, rows[40:])
    assert snapshot.store(folder) != other.store(folder)


def test_every_row_is_in_one_part_and_historical_rows_stay_in_theirs(snapshot, historical, rows):
    learnt = 0
    for part in LEARNT:
        table, before = snapshot.part(part), historical[part]
        assert [list(row) for row in table.rows[: len(before)]] == [list(r) for r in before.rows]
        assert list(table.labels[: len(before)]) == list(before.labels)
        learnt += len(table) - len(before)
    assert learnt == 40
    assert snapshot.part(HELD_OUT).labels == [one.label for one in rows[40:]]


def test_what_was_held_out_was_not_learnt_from(snapshot, tmp_path):
    sha256 = snapshot.store(LocalFolder(tmp_path))
    assert learnt_ids(LocalFolder(tmp_path), sha256) == {f"tx-{at}" for at in range(40)}


def test_a_snapshot_that_was_changed_is_refused(snapshot, tmp_path):
    sha256 = snapshot.store(LocalFolder(tmp_path))
    (tmp_path / sha256 / "data.parquet").write_bytes(b"PAR1")
    with pytest.raises(StorageError, match="is not the file of that SHA-256"):
        learnt_ids(LocalFolder(tmp_path), sha256)
