"""Data read in parts say what the same data say in one pass."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.capture import Window
from monitoring.compute.gathering import ONE_PASS, gathered, repeated
from monitoring.compute.parts import files_of
from monitoring.compute.processes import HASH_SEED, Processes, one_hash
from monitoring.compute.work import Partial
from monitoring.errors import CaptureError, MonitoringError, NoDataError, UsageError
from monitoring.kinds import BIAS, DATA_QUALITY, KINDS, MODEL_QUALITY, Kind
from tests.monitoring.compute.parted import (
    InTurn,
    captured,
    near,
    regression,
    rows_of,
    without_sketches,
    work_on,
    write_table,
    write_traffic,
)

ROWS = 1200


@pytest.fixture(params=KINDS, ids=lambda kind: kind.slug)
def kind(request) -> Kind:
    return request.param


@pytest.fixture(params=["corrected", "compat"])
def mode(request) -> Any:
    return request.param


def traffic(kind: Kind, directory: Path, rows: Any, **options: Any) -> Any:
    """Data quality reads captured records; the others, here, those merged with labels."""
    return write_traffic(directory, rows, merged=kind != DATA_QUALITY, **options)


def hour_of(dataset: Any) -> list[Path]:
    return sorted(dataset.path.rglob("*.jsonl"))


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


def test_a_regression_is_the_same_in_parts_its_subsamples_too(tmp_path):
    work = regression(write_table(tmp_path / "data", rows_of(ROWS)))
    one, other = (
        work.monitor.suggest_from(gathered(work, engine).state) for engine in (ONE_PASS, InTurn(4))
    )
    near(dict(one), dict(other))
    assert "standard_deviation" in str(one)


# What is true of the states alone


@pytest.fixture(scope="module")
def partials(tmp_path_factory) -> dict[Kind, tuple[Any, list[Partial]]]:
    """For each monitor its work on a table, and what each of twelve files comes to."""
    directory = tmp_path_factory.mktemp("parts")
    dataset = write_table(directory / "data", rows_of(240), files=12)
    found = {}
    for kind in KINDS:
        work = work_on(kind, dataset, directory, "corrected")
        found[kind] = (work, [work.over((file,)) for file in files_of(dataset)])
    return found


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.slug)
@given(data=st.data())
@settings(max_examples=10, deadline=None)
def test_parts_add_up_in_any_order_and_grouping(kind, partials, data):
    work, parts = partials[kind]
    waiting = [part.state for part in data.draw(st.permutations(parts))]
    while len(waiting) > 1:
        at = data.draw(st.integers(0, len(waiting) - 2))
        waiting[at : at + 2] = [waiting[at] + waiting[at + 1]]
    whole = work.monitor.suggest_from(gathered(work).state)
    near(without_sketches(work.monitor.suggest_from(waiting[0])), without_sketches(whole))


def test_adding_up_changes_neither_part(kind, partials):
    work, parts = partials[kind]
    before = work.monitor.suggest_from(parts[0].state + parts[1].state)
    reduce(add, parts)
    near(work.monitor.suggest_from(parts[0].state + parts[1].state), before)


def test_a_part_without_rows_changes_nothing(kind, partials):
    work, parts = partials[kind]
    nothing = work.over(())
    whole = work.monitor.suggest_from(reduce(add, parts).state)
    for total in (reduce(add, [nothing, *parts]), reduce(add, [*parts, nothing])):
        near(without_sketches(work.monitor.suggest_from(total.state)), without_sketches(whole))


# Records that lie in two parts


@pytest.mark.parametrize("engine", [InTurn(3), Processes(2)], ids=["in turn", "processes"])
def test_an_event_in_two_parts_counts_once(engine, tmp_path):
    dataset = write_traffic(tmp_path / "data", rows_of(600), files=6, merged=False)
    first, *_, last = hour_of(dataset)
    lines = first.read_text().splitlines()
    last.write_text(last.read_text() + "\n".join(lines[:40]) + "\n")
    work = work_on(DATA_QUALITY, dataset, tmp_path, "corrected")
    one, other = gathered(work), gathered(work, engine)
    assert one.books.counts.duplicates == 40
    assert other.books == one.books
    near(*(without_sketches(work.monitor.suggest_from(part.state)) for part in (one, other)))


def test_a_retry_in_another_part_counts_once(tmp_path):
    rows = rows_of(4)
    dataset = write_traffic(tmp_path / "data", rows, files=2)
    first, last = hour_of(dataset)
    first.write_text(captured(0, rows[0], inferenceId="order-1") + "\n")
    last.write_text(captured(9, rows[0], inferenceId="order-1") + "\n")
    work = work_on(MODEL_QUALITY, dataset, tmp_path, "corrected")
    for engine in (ONE_PASS, InTurn(2)):
        counts = gathered(work, engine).books.counts
        assert (counts.duplicates, counts.rows) == (1, 1)


@given(parts=st.lists(st.lists(st.integers(0, 30), unique=True), max_size=5))
def test_repeated_events_are_those_of_an_earlier_part(parts):
    listed = [Partial(None, keys=np.array(sorted(keys), dtype=np.int64)) for keys in parts]
    found = repeated(listed)
    for at, keys in enumerate(parts):
        before = {key for part in parts[:at] for key in part}
        assert {*found.get(at, np.array([])).tolist()} == before & {*keys}


# What parts cannot say together


def test_faulty_records_are_judged_over_all_parts(tmp_path):
    dataset = write_traffic(tmp_path / "data", rows_of(ROWS), files=6, merged=False)
    hour_of(dataset)[2].write_text("broken\n" * 5)
    work = work_on(DATA_QUALITY, dataset, tmp_path, "corrected")
    found = gathered(work, InTurn(6))
    assert found.books.counts.malformed == 5
    assert [problem.line for problem in found.books.problems] == [1, 2, 3, 4, 5]
    strict = replace(work, dataset=replace(dataset, faulty_share=0.001))
    messages = []
    for engine in (ONE_PASS, InTurn(6)):
        with pytest.raises(CaptureError) as refused:
            gathered(strict, engine)
        messages.append(str(refused.value))
    assert messages[0] == messages[1]


def test_a_part_that_cannot_be_read_is_refused_as_one_pass_refuses_it(kind, tmp_path):
    dataset = write_table(tmp_path / "data", rows_of(60))
    with (dataset.path / "part-004.csv").open("a") as file:
        file.write("one,cell,too,few\n")
    work = work_on(kind, dataset, tmp_path, "corrected")
    with pytest.raises(UsageError, match=r"data/part-004\.csv: row \d+ has 4 cells"):
        gathered(work, InTurn(3))


def test_files_of_other_columns_are_read_as_one_pass_reads_them(tmp_path):
    rows = rows_of(400)
    dataset = write_traffic(tmp_path / "data", rows, files=4, merged=False, faulty_share=0.5)
    shorter = [captured(i, row[:-1], merged=False) for i, row in enumerate(rows[:100])]
    hour_of(dataset)[0].write_text("\n".join(shorter) + "\n")
    work = work_on(DATA_QUALITY, dataset, tmp_path, "corrected")
    one, other = gathered(work), gathered(work, InTurn(4))
    assert one.books.counts.misshapen > 0
    assert other.books == one.books


def test_answers_that_take_the_place_of_requests_are_not_taken_for_them(tmp_path):
    """As many columns, but another one of them is the request's first."""
    rows = rows_of(400)
    dataset = write_traffic(tmp_path / "data", rows, files=4, merged=False, faulty_share=0.5)
    wider = [[row[0], row[1], f"{row[2]},{row[3]}", *row[4:]] for row in rows[300:]]
    lines = [captured(i, row, merged=False) for i, row in enumerate(wider, 300)]
    hour_of(dataset)[3].write_text("\n".join(lines) + "\n")
    work = work_on(DATA_QUALITY, dataset, tmp_path, "corrected")
    one, other = gathered(work), gathered(work, InTurn(4))
    assert one.books.counts.misshapen == 100
    assert other.books == one.books


def test_hours_without_a_record_of_the_window_are_empty_parts(tmp_path):
    window = Window.parse("2026-01-05T09:00:00Z", "2026-01-05T09:05:00Z")
    dataset = write_traffic(tmp_path / "data", rows_of(600), merged=False, window=window)
    work = work_on(DATA_QUALITY, dataset, tmp_path, "corrected")
    one, other = gathered(work), gathered(work, InTurn(7))
    assert one.books.counts.rows == 300
    assert other.books == one.books


def test_without_any_row_there_is_no_data(kind, tmp_path):
    window = Window.parse("2026-02-05T09:00:00Z", "2026-02-05T10:00:00Z")
    dataset = traffic(kind, tmp_path / "data", rows_of(60), window=window)
    work = work_on(kind, dataset, tmp_path, "corrected")
    found = gathered(work, InTurn(4))
    with pytest.raises(NoDataError, match="NO_DATA"):
        work.monitor.suggest_from(found.state)


def test_progress_is_told_part_by_part(tmp_path):
    work = work_on(DATA_QUALITY, write_table(tmp_path / "data", rows_of(60)), tmp_path, "compat")
    told: list[tuple[int, int]] = []
    gathered(work, InTurn(3), lambda done, parts: told.append((done, parts)))
    assert told == [(1, 3), (2, 3), (3, 3)]


# Processes


def test_processes_say_what_one_pass_says(tmp_path):
    dataset = write_table(tmp_path / "data", rows_of(ROWS), files=4)
    work = work_on(BIAS, dataset, tmp_path, "corrected")
    one, other = (gathered(work, engine).state for engine in (ONE_PASS, Processes(2)))
    near(dict(work.monitor.suggest_from(other)), dict(work.monitor.suggest_from(one)))


def test_compat_sketches_depend_on_the_parts_and_on_nothing_else(tmp_path):
    dataset = write_table(tmp_path / "data", rows_of(9000), files=8)
    work = work_on(DATA_QUALITY, dataset, tmp_path, "compat")
    processes = Processes(2)
    one, other = (
        dict(work.monitor.suggest_from(gathered(work, engine).state, "compat"))
        for engine in (InTurn(processes.parts), processes)
    )
    assert one == other


def test_a_process_that_is_ended_from_outside_is_an_error_of_one_line():
    ends: Any = os._exit
    with pytest.raises(MonitoringError, match="memory ran out") as ended:
        list(Processes(2).each(ends, [9, 9]))  # type: ignore[list-item]
    assert "\n" not in str(ended.value)


def test_the_hash_of_texts_is_shared_only_while_processes_work():
    before = os.environ.get(HASH_SEED)
    with one_hash():
        assert os.environ[HASH_SEED].isdecimal()
    assert os.environ.get(HASH_SEED) == before
