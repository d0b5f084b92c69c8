"""The same states on Spark, as local[2]: needs PySpark and Java (`make test-spark`)."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitoring.compute.gathering import ONE_PASS, gathered
from monitoring.compute.spark import Spark
from monitoring.compute.work import Work
from monitoring.errors import UsageError
from monitoring.instructions import Given, instructions
from monitoring.kinds import DATA_QUALITY, EXPLAINABILITY, KINDS
from monitoring.monitors import monitor_for
from tests.monitoring.compute import parted
from tests.monitoring.compute.parted import (
    CONFIG,
    InTurn,
    model,
    near,
    rows_of,
    without_sketches,
    work_on,
    write_table,
    write_traffic,
)

pytest.importorskip("pyspark", reason="PySpark is not installed (make test-spark)")
if not shutil.which("java"):
    pytest.skip("there is no Java", allow_module_level=True)

PARTS = 5


@pytest.fixture(scope="module")
def spark() -> Iterator[Spark]:
    os.environ["PYSPARK_SUBMIT_ARGS"] = (
        "--master local[2] --conf spark.ui.enabled=false --conf spark.sql.shuffle.partitions=2 "
        "pyspark-shell"
    )
    engine = Spark.started(PARTS)
    from pyspark import cloudpickle

    # Tasks cannot import the tests; the model that is asked lies there.
    cloudpickle.register_pickle_by_value(parted)
    yield engine
    cloudpickle.unregister_pickle_by_value(parted)
    engine.session.stop()
    del os.environ["PYSPARK_SUBMIT_ARGS"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.slug)
def test_spark_says_what_one_pass_says(kind, spark, tmp_path):
    dataset = write_table(tmp_path / "data", rows_of(300 if kind == EXPLAINABILITY else 1500))
    work = work_on(kind, dataset, tmp_path, "corrected")
    one, other = (gathered(work, engine).state for engine in (ONE_PASS, spark))
    documents = [dict(work.monitor.suggest_from(state)) for state in (one, other)]
    near(*map(without_sketches, documents))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.slug)
def test_spark_finds_in_captured_traffic_what_one_pass_finds(kind, spark, tmp_path):
    dataset = write_traffic(tmp_path / "data", rows_of(300), merged=kind.needs_labels)
    suggesting = work_on(
        kind, write_table(tmp_path / "train", rows_of(300, 8)), tmp_path, "corrected"
    )
    baseline = dict(suggesting.monitor.suggest_from(gathered(suggesting).state))
    work = work_on(kind, dataset, tmp_path, "corrected", baseline)
    one, other = (
        work.monitor.analyze_from(gathered(work, engine).state, baseline)
        for engine in (ONE_PASS, spark)
    )
    near(*(without_sketches(dict(found.documents)) for found in (one, other)))
    assert [finding.identity for finding in one.findings] == [
        finding.identity for finding in other.findings
    ]


def test_every_task_explains_against_the_baseline_rows_of_all(spark, tmp_path):
    dataset = write_table(tmp_path / "data", rows_of(300))
    config = tmp_path / "analysis_config.json"
    methods = {"shap": {"num_clusters": 2, "num_samples": 16}}
    config.write_text(json.dumps({**CONFIG, "methods": methods}))
    given = Given(analysis_config=config)
    told = instructions(EXPLAINABILITY, given, is_table=True, model=model)
    work = Work(monitor_for(EXPLAINABILITY), dataset, told)
    documents = [
        dict(work.monitor.suggest_from(gathered(work, engine).state))
        for engine in (ONE_PASS, spark)
    ]
    near(*documents)
    assert len(documents[0]["analysis.json"]["shap_baseline"]["rows"]) == 2


def test_the_same_parts_have_the_same_compat_sketches(spark, tmp_path):
    work = work_on(DATA_QUALITY, write_table(tmp_path / "data", rows_of(9000)), tmp_path, "compat")
    one, other = (
        dict(work.monitor.suggest_from(gathered(work, engine).state, "compat"))
        for engine in (InTurn(PARTS), spark)
    )
    assert one == other


def test_an_event_in_two_tasks_counts_once(spark, tmp_path):
    dataset = write_traffic(tmp_path / "data", rows_of(600), files=6, merged=False)
    first, *_, last = sorted(dataset.path.rglob("*.jsonl"))
    last.write_text(last.read_text() + "\n".join(first.read_text().splitlines()[:40]) + "\n")
    work = work_on(DATA_QUALITY, dataset, tmp_path, "corrected")
    found = gathered(work, spark)
    assert found.books == gathered(work).books
    assert found.books is not None
    assert found.books.counts.duplicates == 40


def test_an_error_in_a_task_is_told_as_one_pass_tells_it(spark, tmp_path):
    work = broken(tmp_path)
    with pytest.raises(UsageError, match=r"part-004\.csv: row \d+ has 4 cells"):
        gathered(work, spark)


def test_there_are_as_many_parts_as_asked_for_or_as_cores_need(spark):
    assert spark.parts == PARTS
    assert Spark.started().parts == 8


def broken(directory: Path) -> Work:
    dataset = write_table(directory / "data", rows_of(60))
    with (dataset.path / "part-004.csv").open("a") as file:
        file.write("one,cell,too,few\n")
    return work_on(DATA_QUALITY, dataset, directory, "corrected")
