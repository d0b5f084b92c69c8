"""Evaluate: how good the model is on rows it has never seen.

Needs     the directories of `preprocess` (its test part) and `train`
Writes    evaluation.json, in the shape of SageMaker's model quality report

With seven frauds in a thousand rows accuracy says nothing: a model that never finds one
is right 99.3 % of the time. Read `au_prc`, and precision and recall at the threshold. A
number the test rows cannot give (one class only, nothing predicted) is null.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import click
import numpy as np
from sklearn import metrics

from pipelines import data
from pipelines.script import DIRECTORY, EXISTING_DIRECTORY, one_line_errors
from serving.model import Predictor

EVALUATION_FILE = "evaluation.json"
RESAMPLES, SEED = 200, 7
"""Bootstrap samples behind each standard deviation."""


def evaluate(directory: Path, model_dir: Path, output: Path) -> dict[str, Any]:
    """Measure the model on the test part, write the report to `output`, and return it."""
    model = data.read_model(directory)
    table = data.read(directory, "test", model)
    answers = Predictor.load(model_dir).predict(table.rows)
    report = report_of(
        np.array(model.targets(table)),
        np.array([answer.prediction for answer in answers]),
        np.array([answer.probability for answer in answers]),
    )
    output.mkdir(parents=True, exist_ok=True)
    data.write_json(output / EVALUATION_FILE, report)
    return report


def report_of(
    targets: np.ndarray, predictions: np.ndarray, probabilities: np.ndarray
) -> dict[str, Any]:
    """The report of rows whose targets and predictions are 0 or 1.

    Each metric has its value and a bootstrap standard deviation.

    >>> each = np.array
    >>> report = report_of(each([0, 0, 1, 1]), each([0, 1, 1, 1]), each([0.1, 0.6, 0.7, 0.9]))
    >>> metrics = report["binary_classification_metrics"]
    >>> metrics["recall"]["value"], metrics["auc"]["value"], metrics["confusion_matrix"]["0"]
    (1.0, 1.0, {'0': 1, '1': 1})
    """
    rng = np.random.default_rng(SEED)
    samples = [rng.integers(0, len(targets), len(targets)) for _ in range(RESAMPLES)]
    resampled = [_values(targets[at], predictions[at], probabilities[at]) for at in samples]
    values = _values(targets, predictions, probabilities)
    cells = metrics.confusion_matrix(targets, predictions, labels=[0, 1]).tolist()
    return {
        "dataset": {"item_count": len(targets), "positive_count": int(targets.sum())},
        "binary_classification_metrics": {
            "confusion_matrix": {
                str(actual): {str(predicted): count for predicted, count in enumerate(row)}
                for actual, row in enumerate(cells)
            },
            **{
                name: {
                    "value": value,
                    "standard_deviation": _deviation([each[name] for each in resampled]),
                }
                for name, value in values.items()
            },
        },
    }


def _values(
    targets: np.ndarray, predictions: np.ndarray, probabilities: np.ndarray
) -> dict[str, float | None]:
    """The metrics under SageMaker's names; None where the rows do not define one."""
    found, actual = int(predictions.sum()), int(targets.sum())
    hits = int((predictions & targets).sum())
    ranked = 0 < actual < len(targets)
    return {
        "recall": hits / actual if actual else None,
        "precision": hits / found if found else None,
        "accuracy": float((predictions == targets).mean()),
        "f1": 2 * hits / (found + actual) if found + actual else None,
        "auc": float(metrics.roc_auc_score(targets, probabilities)) if ranked else None,
        "au_prc": float(metrics.average_precision_score(targets, probabilities))
        if ranked
        else None,
    }


def _deviation(values: list[float | None]) -> float | None:
    """Their standard deviation; None when any sample did not define the metric."""
    defined = [value for value in values if value is not None]
    if len(defined) < len(values):
        return None
    mean = math.fsum(defined) / len(defined)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in defined) / (len(defined) - 1))


@click.command()
@click.option(
    "--data", "directory", required=True, type=EXISTING_DIRECTORY, help="From preprocess."
)
@click.option("--model", required=True, type=EXISTING_DIRECTORY, help="From train.")
@click.option("--output", required=True, type=DIRECTORY, help="Directory for evaluation.json.")
@one_line_errors
def main(directory: Path, model: Path, output: Path) -> None:
    """Evaluate a model on its test rows.

    Exits 1 when the model cannot be loaded, 2 when the data cannot be used.

    \b
    Example:
        python -m pipelines.evaluate --data build/data --model build/model --output build/report
    """
    report = evaluate(directory, model, output)
    for name, metric in report["binary_classification_metrics"].items():
        if name != "confusion_matrix":
            value, deviation = metric["value"], metric["standard_deviation"]
            spread = "" if deviation is None else f" ± {deviation:.4f}"
            click.echo(f"{name:10} {'not defined' if value is None else f'{value:.4f}'}{spread}")


if __name__ == "__main__":
    main()
