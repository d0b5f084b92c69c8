"""Data read in parts say what the same data say in one pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from monitoring.compute.gathering import ONE_PASS, Each, gathered
from monitoring.compute.parts import Part
from monitoring.compute.work import Partial
from monitoring.errors import MonitoringError
from monitoring.kinds import DATA_QUALITY, KINDS, Kind
from tests.monitoring.compute.parted import (
    near,
    rows_of,
    without_sketches,
    work_on,
    write_table,
    write_traffic,
)

ROWS = 1200


@dataclass(frozen=True)
class InTurn:
    """Parts one after the other, in this process."""

    parts: int

    def each(self, work: Each, parts: Sequence[Part]) -> Iterator[Partial | MonitoringError]:
        return map(work, parts)


@pytest.fixture(params=KINDS, ids=lambda kind: kind.slug)
def kind(request) -> Kind:
    return request.param


@pytest.fixture(params=["corrected", "compat"])
def mode(request) -> Any:
    return request.param


def traffic(kind: Kind, directory: Path, rows: Any, **options: Any) -> Any:
    """Data quality reads captured records; the others, here, those merged with labels."""
    return write_traffic(directory, rows, merged=kind != DATA_QUALITY, **options)


def suggested(kind: Kind, dataset: Any, tmp_path: Path, mode: Any, engine: Any) -> Any:
    work = work_on(kind, dataset, tmp_path, mode)
    return work.monitor.suggest_from(gathered(work, engine).state, mode)


@pytest.mark.parametrize("write", [write_table, traffic], ids=["table", "traffic"])
def test_parts_say_what_one_pass_says(kind, mode, write, tmp_path):
    rows = rows_of(ROWS)
    arguments = (kind,) if write is traffic else ()
    dataset = write(*arguments, tmp_path / "data", rows)
    whole = suggested(kind, dataset, tmp_path, mode, ONE_PASS)
    parted = suggested(kind, dataset, tmp_path, mode, InTurn(4))
    near(without_sketches(parted), without_sketches(whole))
    later = write(*arguments, tmp_path / "later", rows_of(ROWS, seed=8))
    work = work_on(kind, later, tmp_path, mode, whole)
    one, other = (gathered(work, engine) for engine in (ONE_PASS, InTurn(3)))
    analyses = [work.monitor.analyze_from(part.state, whole, mode) for part in (one, other)]
    near(*(without_sketches(dict(analysis.documents)) for analysis in analyses))
    assert analyses[0].warnings == analyses[1].warnings
    assert one.books == other.books
