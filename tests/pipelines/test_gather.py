"""What AWS's check steps hand on, laid out as `register` reads it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from monitoring.errors import DocumentError, UsageError
from monitoring.kinds import BIAS, DATA_QUALITY
from pipelines.gather import gather

BEFORE = {"pre_training_bias_metrics": {"label": "defaulted", "facets": {"gender": []}}}
AFTER = {"post_training_bias_metrics": {"label": "defaulted", "facets": {"gender": []}}}
OTHER = {"pre_training_bias_metrics": {"label": "defaulted", "facets": {"age": []}}}


def put(directory: Path, document: Any) -> None:
    """The one file of a directory, under whatever name its job gave it."""
    directory.mkdir(parents=True)
    (directory / "analysis.json").write_text(json.dumps(document))


def read(path: Path) -> Any:
    return json.loads(path.read_text())


def test_each_document_is_known_by_its_directory(tmp_path):
    source, output = tmp_path / "checks", tmp_path / "baseline"
    put(source / "data-quality" / "constraints", {"features": []})
    put(source / "data-quality" / "statistics", {"dataset": {"item_count": 3}})
    assert gather(source, output) == (DATA_QUALITY,)
    assert read(output / "data-quality" / "constraints.json") == {"features": []}
    assert read(output / "data-quality" / "statistics.json") == {"dataset": {"item_count": 3}}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(BEFORE, AFTER, id="both new"),
        pytest.param({**BEFORE, **AFTER}, {**BEFORE, **AFTER}, id="both in force"),
        pytest.param(BEFORE, {**OTHER, **AFTER}, id="one new and one in force"),
    ],
)
def test_each_check_of_bias_gives_the_section_that_is_its_own(tmp_path, before, after):
    source, output = tmp_path / "checks", tmp_path / "baseline"
    put(source / "data-bias" / "constraints", {"version": "1.0", **before})
    put(source / "model-bias" / "constraints", {"version": "1.0", **after})
    put(source / "model-bias" / "config", {"label": "defaulted"})
    assert gather(source, output) == (BIAS,)
    assert read(output / "model-bias" / "constraints.json") == {
        "version": "1.0",
        **BEFORE,
        **AFTER,
    }
    assert read(output / "model-bias" / "analysis_config.json") == {"label": "defaulted"}


def test_without_any_baseline_there_is_nothing_to_register(tmp_path):
    with pytest.raises(UsageError, match="holds no baseline of any check"):
        gather(tmp_path, tmp_path / "baseline")


def test_two_documents_in_one_place_are_refused(tmp_path):
    put(tmp_path / "model-quality" / "constraints", {})
    (tmp_path / "model-quality" / "constraints" / "other.json").write_text("{}")
    with pytest.raises(UsageError, match="holds 2 files"):
        gather(tmp_path, tmp_path / "baseline")


def test_a_document_that_is_none_is_named_and_nothing_written(tmp_path):
    put(tmp_path / "data-quality" / "constraints", {"features": []})
    put(tmp_path / "model-quality" / "constraints", {})
    broken = tmp_path / "model-quality" / "constraints" / "analysis.json"
    broken.write_text("{")
    with pytest.raises(DocumentError, match=r"analysis\.json"):
        gather(tmp_path, tmp_path / "baseline")
    assert not (tmp_path / "baseline").exists()
