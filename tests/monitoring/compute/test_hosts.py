"""Several hosts of one job: each leaves its share, and a later step says what one would."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from monitoring import job
from monitoring.compute.hosts import RESOURCES, Hosts, merged, shares
from monitoring.compute.saving import save
from monitoring.errors import CaptureError, DocumentError, MonitoringError, NoDataError
from monitoring.kinds import BIAS, DATA_QUALITY, EXPLAINABILITY, KINDS, MODEL_QUALITY, Kind
from tests.monitoring.compute.parted import (
    CONFIG,
    model,
    near,
    rows_of,
    without_sketches,
    write_table,
    write_traffic,
)

NAMES = ("algo-1", "algo-2", "algo-3")
INPUT = "opt/ml/processing/input/data"
BASELINE = "opt/ml/processing/baseline"
OUTPUT = "opt/ml/processing/output"
ANALYSIS_TYPES = {
    DATA_QUALITY: "DATA_QUALITY",
    MODEL_QUALITY: "MODEL_QUALITY",
    BIAS: "MODEL_BIAS",
    EXPLAINABILITY: "MODEL_EXPLAINABILITY",
}


def environment(kind: Kind, form: str = "sagemakerMergeJson", **more: str) -> dict[str, str]:
    table = form == "csv"
    names = {
        "analysis_type": ANALYSIS_TYPES[kind],
        "dataset_format": json.dumps({form: {}}),
        "dataset_source": f"/{INPUT}",
        "output_path": f"/{OUTPUT}",
        "problem_type": "BinaryClassification" if kind == MODEL_QUALITY else "",
        "inference_attribute": "predicted" if table else "0",
        "probability_attribute": "probability" if table else "1",
        "ground_truth_attribute": "label" if table else "",
    }
    return {**names, **more}


def prepared(root: Path, host: str = "algo-1", hosts: tuple[str, ...] = ("algo-1",)) -> Path:
    """A host's file system, without data."""
    resources = root / RESOURCES
    resources.parent.mkdir(parents=True, exist_ok=True)
    resources.write_text(json.dumps({"current_host": host, "hosts": list(hosts)}))
    config = root / job.CONFIG / "analysis_config.json"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(json.dumps(CONFIG))
    return root


def message(root: Path) -> str:
    return (root / job.MESSAGE).read_text()


def run(told: Mapping[str, str], root: Path, code: int = 0) -> str:
    assert job.run(told, root, model) == code, message(root)
    return message(root)


def documents(root: Path) -> Any:
    return {
        path.name: json.loads(path.read_text())
        for path in (root / OUTPUT).glob("*.json")
        if path.name != "findings.json"
    }


def shard(whole: Path, roots: list[Path]) -> None:
    """ShardedByS3Key: every file to one host."""
    for at, path in enumerate(sorted(p for p in whole.rglob("*") if p.is_file())):
        target = roots[at % len(roots)] / INPUT / path.relative_to(whole)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)


def hosts_run(told: Mapping[str, str], whole: Path, base: Path, tmp_path: Path) -> Path:
    """Run three hosts; answer a file system for the step that concludes."""
    roots = [prepared(tmp_path / name, name, NAMES) for name in NAMES]
    last = prepared(tmp_path / "last")
    shard(whole, roots)
    for root in roots:
        if base.exists():
            shutil.copytree(base, root / BASELINE)
        assert run(told, root).startswith("Partial: ")
        assert not documents(root)
        shutil.copytree(root / OUTPUT / "partials", last / "shares", dirs_exist_ok=True)
    if base.exists():
        shutil.copytree(base, last / BASELINE)
    return last


COMPARED = {
    "baseline_constraints": f"/{BASELINE}/constraints.json",
    "baseline_statistics": f"/{BASELINE}/statistics.json",
}
MERGING = {"partials_source": "/shares"}


def data(kind: Kind, form: str, directory: Path, seed: int) -> Path:
    rows = rows_of(900, seed)
    if form == "csv":
        return write_table(directory, rows, files=8).path
    return write_traffic(directory, rows, files=8, merged=kind != DATA_QUALITY).path


def form_of(kind: Kind) -> str:
    return "sagemakerCaptureJson" if kind == DATA_QUALITY else "sagemakerMergeJson"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.slug)
def test_hosts_conclude_what_one_host_does(kind, tmp_path):
    suggesting = environment(kind, "csv")
    whole = data(kind, "csv", tmp_path / "train", seed=1)
    one = prepared(tmp_path / "one")
    shutil.copytree(whole, one / INPUT)
    run(suggesting, one)
    last = hosts_run(suggesting, whole, tmp_path / "none", tmp_path / "suggest")
    run(suggesting | MERGING, last)
    near(without_sketches(documents(last)), without_sketches(documents(one)))
    base = one / OUTPUT
    compared = dict(COMPARED)
    if not (base / "statistics.json").exists():
        del compared["baseline_statistics"]
    checking = environment(kind, form_of(kind), **compared)
    traffic = data(kind, form_of(kind), tmp_path / "traffic", seed=2)
    alone = prepared(tmp_path / "alone")
    shutil.copytree(traffic, alone / INPUT)
    shutil.copytree(base, alone / BASELINE)
    said = run(checking, alone)
    last = hosts_run(checking, traffic, base, tmp_path / "check")
    assert run(checking | MERGING, last) == said
    near(without_sketches(documents(last)), without_sketches(documents(alone)))


@pytest.fixture
def left(tmp_path: Path) -> Path:
    """The shares of three hosts that described a table."""
    whole = data(DATA_QUALITY, "csv", tmp_path / "train", seed=1)
    told = environment(DATA_QUALITY, "csv")
    return hosts_run(told, whole, tmp_path / "none", tmp_path / "hosts") / "shares"


def test_a_host_that_is_missing_is_named(left):
    (left / "algo-2.state").unlink()
    with pytest.raises(DocumentError, match="algo-2 are missing, of 3 hosts"):
        shares(left)


def test_the_missing_host_leaves_the_job_without_documents(left):
    (left / "algo-2.state").unlink()
    told = environment(DATA_QUALITY, "csv") | MERGING
    assert "missing" in run(told, left.parent, code=1)
    assert not documents(left.parent)


def test_a_file_that_two_hosts_read_is_refused(left):
    """What happens where inputs are replicated in the place of sharded."""
    first, second, _ = shares(left)
    save(first.__class__(**{**fields_of(first), "host": "algo-2"}), left / "algo-2.state")
    with pytest.raises(CaptureError, match="ShardedByS3Key"):
        merged(shares(left))
    assert second.files != first.files


def fields_of(share: Any) -> dict[str, Any]:
    return {name: getattr(share, name) for name in share.__dataclass_fields__}


@pytest.mark.parametrize(
    ("name", "value"),
    [("mode", "compat"), ("kind", "model-bias"), ("baseline", "0" * 64), ("faulty_share", 0.5)],
)
def test_shares_of_different_jobs_are_not_added(left, name, value):
    first = shares(left)[0]
    save(first.__class__(**{**fields_of(first), name: value}), left / "algo-1.state")
    with pytest.raises(DocumentError, match="different jobs"):
        shares(left)


def test_a_step_for_another_mode_is_refused(left):
    told = environment(DATA_QUALITY, "csv", analysis_mode="compat") | MERGING
    assert "mode corrected" in run(told, left.parent, code=1)


def test_no_shares_are_no_data(tmp_path):
    with pytest.raises(NoDataError, match="NO_DATA"):
        shares(tmp_path)


def test_a_share_under_another_hosts_name_is_refused(left):
    shutil.copy(left / "algo-1.state", left / "algo-2.state")
    with pytest.raises(DocumentError, match="named after"):
        shares(left)


def test_a_host_without_files_changes_nothing(tmp_path):
    """More hosts than files."""
    whole = write_table(tmp_path / "train", rows_of(60), files=2).path
    told = environment(DATA_QUALITY, "csv")
    last = hosts_run(told, whole, tmp_path / "none", tmp_path / "hosts")
    run(told | MERGING, last)
    (statistics,) = [d for name, d in documents(last).items() if name == "statistics.json"]
    assert statistics["dataset"]["item_count"] == 60


def test_an_event_of_two_hosts_is_counted_and_said(tmp_path):
    whole = write_traffic(tmp_path / "t", rows_of(600), files=3, merged=False).path
    first, *_, last_file = sorted(whole.rglob("*.jsonl"))
    last_file.write_text(last_file.read_text() + first.read_text().splitlines()[0] + "\n")
    told = environment(DATA_QUALITY, "sagemakerCaptureJson")
    left = hosts_run(told, whole, tmp_path / "none", tmp_path / "hosts") / "shares"
    total = merged(shares(left))
    assert total.books is not None
    assert any("1 events were read by two hosts" in text for text in total.books.warnings)


def test_labels_joined_in_the_same_job_need_one_host(tmp_path):
    root = prepared(tmp_path, "algo-1", NAMES)
    told = environment(MODEL_QUALITY, "sagemakerCaptureJson", ground_truth_source="/labels")
    assert "Merge the labels first" in run(told, root, code=1)


def test_one_instance_needs_no_second_step(tmp_path):
    root = prepared(tmp_path)
    shutil.copytree(write_table(tmp_path / "x", rows_of(60)).path, root / INPUT)
    assert run(environment(DATA_QUALITY, "csv"), root).startswith("Completed: ")
    assert not (root / OUTPUT / "partials").exists()


def test_without_the_services_file_there_is_one_host(tmp_path):
    assert Hosts.read(tmp_path) == Hosts("algo-1", ("algo-1",))


@pytest.mark.parametrize("content", ["", "[]", '{"hosts": []}'])
def test_a_broken_list_of_hosts_is_an_error(content, tmp_path):
    (tmp_path / RESOURCES).parent.mkdir(parents=True)
    (tmp_path / RESOURCES).write_text(content)
    with pytest.raises(MonitoringError, match="current_host"):
        Hosts.read(tmp_path)
