"""Several label_headers: a bias job takes the label with the largest score."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monitoring.job import MESSAGE, run

ANIMALS = ("cat", "dog", "fish")
CONFIG = {
    "headers": ["Age", "Sex", "Target"],
    "label": "Target",
    "label_values_or_threshold": ["dog"],
    "facet": [{"name_or_index": "Sex", "value_or_threshold": [0]}],
    "predictor": {"label_headers": ANIMALS},
}


def scores(number: int) -> list[float]:
    """The largest is that of the animal whose turn it is; to the second sex never a dog."""
    turn = number % 3 if number % 2 else number % 2
    return [0.6 if place == turn else 0.2 for place in range(3)]


def merged(number: int, media: str) -> str:
    answer = ",".join(map(str, scores(number)))
    if media == "JSON":
        answer = json.dumps({"scores": scores(number)})
    sides = {
        "endpointInput": {"data": f"{number % 50},{number % 2}", "encoding": "CSV"},
        "endpointOutput": {"data": answer, "encoding": media},
    }
    return json.dumps(
        {
            "captureData": sides,
            "groundTruthData": {"data": ANIMALS[number % 3], "encoding": "CSV"},
            "eventMetadata": {"eventId": str(number)},
        }
    )


@pytest.mark.parametrize(("media", "attribute"), [("CSV", "0"), ("JSON", "scores")])
def test_the_predicted_label_is_that_of_the_largest_score(
    tmp_path: Path, media: str, attribute: str
):
    (tmp_path / "data").mkdir()
    lines = [merged(number, media) for number in range(300)]
    (tmp_path / "data/a.jsonl").write_text("\n".join(lines))
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    variables = {
        "analysis_type": "MODEL_BIAS",
        "analysis_config": "/config.json",
        "dataset_format": '{"sagemakerMergeJson": {}}',
        "dataset_source": "/data",
        "output_path": "/output",
        "probability_attribute": attribute,
    }
    assert run(variables, tmp_path) == 0, (tmp_path / MESSAGE).read_text()
    analysis = json.loads((tmp_path / "output/analysis.json").read_text())
    (facet,) = analysis["post_training_bias_metrics"]["facets"]["Sex"]
    metrics = {metric["name"]: metric["value"] for metric in facet["metrics"]}
    chosen = [ANIMALS[scores(number).index(max(scores(number)))] for number in range(300)]
    shares = [
        sum(label == "dog" for label in chosen[sex::2]) / len(chosen[sex::2]) for sex in (0, 1)
    ]
    assert metrics["DPPL"] == pytest.approx(shares[1] - shares[0])
    assert shares[0] != shares[1]
