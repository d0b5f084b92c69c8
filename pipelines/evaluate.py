"""Evaluate: is the model good enough, on rows it has never seen?

Needs     the directories of `preprocess` and `train`
Writes    evaluation.json, in the shape of SageMaker's model quality report with more beside
          it (`pipelines/evaluation/`), and evaluation.html, the same for people

`gate` says whether the model keeps its own limits. A model that does not is still evaluated,
and the report is there to be read; `register` then refuses it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from pipelines import data
from pipelines.evaluation import (
    adversarial,
    decisions,
    gate,
    overfitting,
    page,
    quality,
    sensitivity,
    stress,
)
from pipelines.evaluation.answered import Answered
from pipelines.evaluation.spread import spreads_of
from pipelines.models.base import Model, Table
from pipelines.script import DIRECTORY, EXISTING_DIRECTORY, one_line_errors
from serving.model import Predictor

EVALUATION_FILE, PAGE_FILE = "evaluation.json", "evaluation.html"
PARTS = ("train", "validation", "test")


def evaluate(directory: Path, model_dir: Path, output: Path) -> dict[str, Any]:
    """Measure the model, write the report and its page to `output`, and return the report."""
    model = data.read_model(directory)
    tables = {part: data.read(directory, part, model) for part in PARTS}
    predictor = Predictor.load(model_dir)
    report = measure(predictor, model, tables)
    output.mkdir(parents=True, exist_ok=True)
    data.write_json(output / EVALUATION_FILE, report)
    text = page.render(model, predictor.version, predictor.threshold, report)
    (output / PAGE_FILE).write_text(text, encoding="utf-8")
    return report


def measure(predictor: Predictor, model: Model, tables: dict[str, Table]) -> dict[str, Any]:
    """The report: quality, decisions and robustness on the test rows, and the gate's judgement."""
    parts = {name: Answered.of(predictor, model, table) for name, table in tables.items()}
    test = parts["test"]
    spreads = spreads_of(model.schema, tables["train"])
    report: dict[str, Any] = {
        **quality.report_of(test.targets, test.predictions, test.probabilities),
        "overfitting": overfitting.measure(parts, model.costs),
        **decisions.measure(model, test, spreads),
        "sensitivity": sensitivity.measure(predictor, test, spreads),
        "stress": stress.measure(predictor, test, spreads),
        "adversarial": adversarial.measure(predictor, model, test, spreads),
    }
    return {**report, "gate": gate.judge(model.limits, report)}


@click.command()
@click.option(
    "--data", "directory", required=True, type=EXISTING_DIRECTORY, help="From preprocess."
)
@click.option("--model", required=True, type=EXISTING_DIRECTORY, help="From train.")
@click.option("--output", required=True, type=DIRECTORY, help="Directory for the report.")
@one_line_errors
def main(directory: Path, model: Path, output: Path) -> None:
    """Evaluate a model on its test rows, and say whether it may be registered.

    Exits 0 whatever the gate says, 1 when the model cannot be loaded, 2 when the data
    cannot be used.

    \b
    Example:
        python -m pipelines.evaluate --data build/data --model build/model --output build/report
    """
    report = evaluate(directory, model, output)
    for name, metric in report["binary_classification_metrics"].items():
        if "value" in metric:
            value, deviation = metric["value"], metric["standard_deviation"]
            spread = "" if deviation is None else f" ± {deviation:.4f}"
            click.echo(f"{name:10} {'not defined' if value is None else f'{value:.4f}'}{spread}")
    for line in verdict(report["gate"]):
        click.echo(f"gate       {line}")
    click.echo(f"{output / PAGE_FILE}")


def verdict(judged: Mapping[str, Any]) -> list[str]:
    """What the gate says, the reasons first.

    >>> verdict({"passed": True, "failures": [], "limits": {"min_auc": None}})
    ['passed: the model has no limits']
    """
    if not judged["passed"]:
        return [*judged["failures"], "not passed"]
    if all(limit is None for limit in judged["limits"].values()):
        return ["passed: the model has no limits"]
    return ["passed"]


if __name__ == "__main__":
    main()
