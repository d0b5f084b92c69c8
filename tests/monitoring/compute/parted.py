"""Data of one model in several files, and what each monitor is told about them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from monitoring.compute.gathering import Each
from monitoring.compute.parts import Part
from monitoring.compute.work import Partial, Work
from monitoring.datasets import CAPTURED, MERGED, Dataset
from monitoring.errors import MonitoringError
from monitoring.instructions import Given, Instructions, instructions
from monitoring.kinds import DATA_QUALITY, MODEL_QUALITY, Kind
from monitoring.monitors import monitor_for

FEATURES = ("amount", "age", "member", "city")
COLUMNS = ("label", "predicted", "probability", *FEATURES)
CONFIG = {
    "headers": [*FEATURES, "label"],
    "label": "label",
    "label_values_or_threshold": [1],
    "facet": [{"name_or_index": "member", "value_or_threshold": [1]}],
    "group_variable": "city",
    "methods": {
        "pre_training_bias": {"methods": "all"},
        "post_training_bias": {"methods": "all"},
        "shap": {"baseline": [[20.0, 40, 0, "Roma"]], "num_samples": 32},
    },
}
Rows = list[list[str]]


@contextmanager
def model(_config: Any) -> Iterator[Callable[[Any], Any]]:
    """Of all its features the first counts most. At module level, so that it can be sent."""
    yield predict


def predict(rows: Any) -> Any:
    numbers = np.array([[float(a or 0), float(b or 0), float(c or 0)] for a, b, c, *_ in rows])
    return np.tanh(numbers @ np.array([0.02, 0.01, 0.02]))[:, None]


def rows_of(number: int, seed: int = 7) -> Rows:
    """Label, answer and features of so many requests."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 2, number)
    score = np.clip(0.25 + 0.5 * label + rng.normal(0, 0.2, number), 0, 1)
    columns = (
        label.tolist(),
        (score > 0.5).astype(int).tolist(),
        score.tolist(),
        rng.lognormal(3, 1, number).tolist(),
        rng.integers(18, 90, number).tolist(),
        rng.integers(0, 2, number).tolist(),
        rng.choice(["Roma", "Zürich", "Oslo, west"], number).tolist(),
    )
    return [[str(cell) for cell in row] for row in zip(*columns, strict=True)]


def quoted(cells: list[str]) -> str:
    return ",".join(f'"{cell}"' if "," in cell else cell for cell in cells)


def captured(at: int, row: list[str], merged: bool = True, **metadata: str) -> str:
    """One line of captured traffic, with its label where `merged`."""
    side = {"observedContentType": "text/csv", "encoding": "CSV"}
    label, predicted, probability, *features = row
    line: dict[str, Any] = {
        "captureData": {
            "endpointInput": {**side, "mode": "INPUT", "data": quoted(features)},
            "endpointOutput": {**side, "mode": "OUTPUT", "data": f"{predicted},{probability}"},
        },
        "eventMetadata": {
            "eventId": f"event-{at}",
            "inferenceTime": f"2026-01-05T09:{at // 60 % 60:02}:{at % 60:02}Z",
        }
        | metadata,
        "eventVersion": "0",
    }
    if merged:
        line["groundTruthData"] = {"data": label, "encoding": "CSV"}
    return json.dumps(line)


def write_table(directory: Path, rows: Rows, files: int = 7) -> Dataset:
    """The rows as CSV files with a header each; a Dataset of them."""
    directory.mkdir(parents=True)
    for at, part in enumerate(np.array_split(np.arange(len(rows)), files)):
        lines = [",".join(COLUMNS), *(quoted(rows[i]) for i in part)]
        (directory / f"part-{at:03}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Dataset(directory, "csv", {"header": True})


def write_traffic(
    directory: Path, rows: Rows, files: int = 7, merged: bool = True, **options: Any
) -> Dataset:
    """The rows as captured (or merged) records, in files of one hour."""
    hour = directory / "fraud/AllTraffic/2026/01/05/09"
    hour.mkdir(parents=True)
    for at, part in enumerate(np.array_split(np.arange(len(rows)), files)):
        lines = [captured(int(i), rows[i], merged) for i in part]
        (hour / f"{at:02}-00-000-a.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Dataset(directory, MERGED if merged else CAPTURED, {}, **options)


def told(kind: Kind, dataset: Dataset, directory: Path) -> Instructions:
    """What a monitor has to be told of this data set."""
    config = directory / "analysis_config.json"
    config.write_text(json.dumps(CONFIG))
    table = dataset.is_table
    given = Given(
        problem_type="BinaryClassification",
        inference_attribute="predicted" if table else "0",
        probability_attribute="probability" if table else "1",
        ground_truth_attribute="label" if table else "",
        analysis_config=None if kind in (DATA_QUALITY, MODEL_QUALITY) else config,
    )
    return instructions(kind, given, is_table=table, model=model)


@dataclass(frozen=True)
class InTurn:
    """Parts one after the other, in this process."""

    parts: int

    def each(self, work: Each, parts: Sequence[Part]) -> Iterator[Partial | MonitoringError]:
        return map(work, parts)


def regression(dataset: Dataset) -> Work:
    """Model quality with the probability for an answer."""
    given = Given("Regression", "probability", ground_truth_attribute="amount")
    instructed = instructions(MODEL_QUALITY, given, is_table=True)
    return Work(monitor_for(MODEL_QUALITY), dataset, instructed)


def work_on(kind: Kind, dataset: Dataset, directory: Path, mode: Any, baseline: Any = None) -> Work:
    return Work(monitor_for(kind), dataset, told(kind, dataset, directory), mode, baseline)


def without_sketches(documents: Any) -> Any:
    """Documents without the sketch's raw levels, which depend on how the data are cut."""
    if isinstance(documents, dict):
        return {k: without_sketches(v) for k, v in documents.items() if k != "sketch"}
    if isinstance(documents, list):
        return [without_sketches(value) for value in documents]
    return documents


def near(one: Any, other: Any) -> None:
    """Equal, and floating sums to 1e-12."""
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one:
            near(one[key], other[key])
    elif isinstance(one, list | tuple):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            near(a, b)
    elif isinstance(one, float):
        assert one == pytest.approx(other, rel=1e-12, abs=1e-12)
    else:
        assert one == other
