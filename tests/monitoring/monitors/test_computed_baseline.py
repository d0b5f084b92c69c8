"""SHAP's baseline where nobody gave one: computed once, kept, and used by later runs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from monitoring.compute.gathering import gathered
from monitoring.compute.hosts import Hosts, leave
from monitoring.compute.work import Work
from monitoring.documents import CONSTRAINTS
from monitoring.errors import ConfigError, DocumentError, MonitoringError, NoDataError
from monitoring.evaluation import check, suggest
from monitoring.instructions import Given, instructions
from monitoring.kinds import EXPLAINABILITY
from monitoring.monitors import monitor_for
from monitoring.monitors.base import Observations
from monitoring.monitors.computed_baseline import SAMPLED_ROWS, computed, kept, with_rows
from monitoring.monitors.explainability_settings import Computed, ExplainabilityConfig
from tests.monitoring.compute.parted import (
    CONFIG,
    FEATURES,
    InTurn,
    model,
    near,
    rows_of,
    write_table,
    write_traffic,
)

HEADERS = ["income", "city"]


def config(**shap: Any) -> ExplainabilityConfig:
    return ExplainabilityConfig.of(
        {"headers": HEADERS, "methods": {"shap": {"num_samples": 8, **shap}}}
    )


def observed(rows: list[tuple[str | None, str | None]], size: int = 1000) -> list[Observations]:
    columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
    table = pa.table(dict(zip(HEADERS, columns, strict=True)))
    return [Observations(batch) for batch in table.to_batches(max_chunksize=size)]


def people(number: int = 60) -> list[tuple[str | None, str | None]]:
    """Half of them poor and in Roma, half rich and in Oslo."""
    draw = np.random.default_rng(5)
    return [
        (str(30 + int(draw.integers(0, 9)) + 400 * (at % 2)), ("Roma", "Oslo")[at % 2])
        for at in range(number)
    ]


def work(directory: Path, traffic: bool = False, seed: int = 1, **shap: Any) -> Work:
    """A whole analysis of 300 rows, as a command line would begin it."""
    directory.mkdir()
    make = write_traffic if traffic else write_table
    dataset = make(directory / "data", rows_of(300, seed))
    methods = {"shap": {"num_samples": 16, **shap}}
    path = directory / "analysis_config.json"
    path.write_text(json.dumps({**CONFIG, "methods": methods}))
    given = Given(analysis_config=path)
    told = instructions(EXPLAINABILITY, given, is_table=dataset.is_table, model=model)
    return Work(monitor_for(EXPLAINABILITY), dataset, told)


def suggested(from_: Work) -> dict[str, Any]:
    return dict(suggest(from_.monitor, from_.dataset, from_.told))


def test_one_cluster_is_the_mean_record():
    rows = [("10", "Roma"), ("20", "Roma"), (None, "Oslo"), ("31.5", None)]
    found = computed(observed(rows), config(num_clusters=1))
    assert found == Computed(("income", "city"), (("20.5", "Roma"),), of_these_data=True)


def test_unlike_people_have_a_row_each_and_the_data_say_how_many():
    found = computed(observed(people()), config())
    assert sorted(city or "" for _, city in found.rows) == ["Oslo", "Roma"]
    assert all(float(income or 0) > 400 for income, city in found.rows if city == "Oslo")


def test_order_and_batches_of_rows_change_nothing():
    rows = people(SAMPLED_ROWS + 500)
    first = computed(observed(rows), config(num_clusters=3))
    assert computed(observed(rows[::-1], size=77), config(num_clusters=3)) == first


@pytest.mark.parametrize("cell", ["n/a", "inf", "1e200", "NaN"])
def test_a_column_with_a_cell_that_is_no_finite_number_is_of_words(cell):
    rows: list[tuple[str | None, str | None]] = [("7", "Roma"), ("7", "Roma"), (cell, "Roma")]
    assert computed(observed(rows), config(num_clusters=1)).rows == (("7", "Roma"),)


def test_a_column_without_a_cell_stays_without():
    assert computed(observed([(None, "Roma")]), config(num_clusters=2)).rows == ((None, "Roma"),)


def test_without_a_row_there_is_no_baseline():
    with pytest.raises(NoDataError, match="NO_DATA: there is no row to explain"):
        computed((), config())


def test_a_baseline_that_is_given_cannot_be_computed_too():
    with pytest.raises(ConfigError, match="shap has both baseline and num_clusters; give one"):
        config(baseline=[[1, "Roma"]], num_clusters=2)
    with pytest.raises(ConfigError, match=r"shap\.num_clusters must be a whole number from 1"):
        config(num_clusters=0)


def test_a_later_run_is_explained_against_the_rows_of_its_baseline(tmp_path):
    documents = suggested(work(tmp_path / "baseline", num_clusters=2))
    rows = documents[CONSTRAINTS]["shap_baseline"]
    assert rows["features"] == list(FEATURES)
    assert len(rows["rows"]) == 2
    later = work(tmp_path / "hour", traffic=True, seed=2, num_clusters=2)
    found = check(later.monitor, later.dataset, documents, "corrected", later.told)
    assert found.analysis.documents["analysis.json"]["shap_baseline"] == rows
    assert (found.analysis.findings, found.analysis.warnings) == ((), ())


def test_the_rows_are_the_same_as_if_somebody_had_given_them(tmp_path):
    analysis = suggested(work(tmp_path / "computed"))["analysis.json"]
    rows = analysis.pop("shap_baseline")["rows"]
    given = work(tmp_path / "given", baseline=rows)
    assert suggested(given)["analysis.json"] == analysis


def test_a_baseline_without_rows_is_compared_and_the_reader_warned(tmp_path):
    documents = suggested(work(tmp_path / "baseline"))
    del documents[CONSTRAINTS]["shap_baseline"]
    later = work(tmp_path / "hour", seed=2)
    found = check(later.monitor, later.dataset, documents, "corrected", later.told)
    (warning,) = found.analysis.warnings
    assert "explained against rows computed from them" in warning


def test_parts_are_explained_against_the_rows_of_the_whole(tmp_path):
    whole = work(tmp_path / "whole")
    one, other = (
        dict(whole.monitor.suggest_from(gathered(whole, engine).state))
        for engine in (InTurn(1), InTurn(4))
    )
    near(one, other)


def test_hosts_of_a_job_share_the_rows_of_a_baseline_and_compute_none(tmp_path):
    own = work(tmp_path / "own")
    hosts = Hosts("algo-1", ("algo-1", "algo-2"))
    with pytest.raises(MonitoringError, match="SHAP's baseline where it is not given"):
        leave(own, hosts, tmp_path / "output")
    documents = suggested(own)
    share = leave(replace(own, baseline=documents), hosts, tmp_path / "output")
    assert share.partial.state.asked.computed.rows == kept(documents).rows  # type: ignore[union-attr]


def block(features: Any, rows: Any) -> dict[str, Any]:
    return {CONSTRAINTS: {"shap_baseline": {"features": features, "rows": rows}}}


FAULTY = {
    "no object": {CONSTRAINTS: {"shap_baseline": [1]}},
    "no rows": block(["a"], []),
    "too many": block(["a"], [["1"]] * 1001),
    "ragged": block(["a", "b"], [["1"]]),
    "a number": block(["a"], [[1]]),
    "a feature without a name": block([1], [["1"]]),
}


@pytest.mark.parametrize("documents", FAULTY.values(), ids=FAULTY)
def test_rows_that_somebody_spoilt_are_refused(documents):
    with pytest.raises(DocumentError, match="holds no features and rows of text for them"):
        kept(documents)


def test_rows_are_put_in_the_order_of_the_features():
    rows = Computed(("city", "income"), (("Roma", "7"),))
    assert with_rows(config(), rows).baseline == (("7", "Roma"),)
    assert with_rows(config(), replace(rows, features=("_c0", "_c1"))).baseline == (("Roma", "7"),)
    unnamed = with_rows(replace(config(), features=()), rows)
    assert (unnamed.features, unnamed.baseline) == (rows.features, rows.rows)


def test_rows_of_other_features_are_refused():
    with pytest.raises(DocumentError, match=r"other features .*'age', 'income'"):
        with_rows(config(), Computed(("age", "city"), (("7", "Roma"),)))
