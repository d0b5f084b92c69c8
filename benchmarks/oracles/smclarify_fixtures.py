"""Record what smclarify 0.5 answers, so that the tests need not install it.

Needs     an environment of its own: `pip install smclarify==0.5 "numpy<2" "pandas<3"`
Reads     $SHARED_DIR/data (default ../shared): german-credit, adult-census, taiwan-default
Writes    tests/fixtures/smclarify/*.json: counts, generator parameters and results; no rows

    python benchmarks/oracles/smclarify_fixtures.py

smclarify is Amazon's published code, under the Amazon Software License: an oracle that is
asked from outside, never imported by the project. It is run here through its public
functions only. A refusal (an exception) is recorded as null, an infinity as a string.
"""

from __future__ import annotations

import inspect
import itertools
import json
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import smclarify.bias.metrics as oracle
from smclarify.bias.report import FacetColumn, LabelColumn, StageType, bias_report

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("SHARED_DIR", ROOT.parent / "shared"))
OUTPUT = ROOT / "tests" / "fixtures" / "smclarify"

COUNTED = [
    *("CI", "DPL", "JS", "KL", "KS", "LP", "TVD"),
    *("AD", "DAR", "DCA", "DCR", "DI", "DPPL", "DRR", "GE", "RD", "SD", "TE"),
]
"""The metrics that eight counts decide: facet x actual x predicted."""

DATASETS: dict[str, dict[str, Any]] = {
    "german-credit": {
        "file": "german-credit/german_credit.csv",
        "label": "risk",
        "positive": [1],
        "predicted": {"column": "duration_months", "at_most": 18},
        "group": "purpose",
        "features": ["duration_months", "credit_amount", "age", "installment_rate_pct"],
        "facets": [
            {"name": "age", "values": [40]},
            {"name": "personal_status_sex", "values": None},
            {"name": "personal_status_sex", "values": ["A92", "A95"]},
            {"name": "foreign_worker", "values": ["A201"]},
        ],
    },
    "adult-census": {
        "file": "adult-census/adult.csv",
        "label": "income",
        "positive": [" >50K"],
        "predicted": {"column": "education_num", "at_least": 11},
        "group": "occupation",
        "features": ["age", "fnlwgt", "education_num", "hours_per_week"],
        "facets": [
            {"name": "sex", "values": [" Female"]},
            {"name": "race", "values": None},
            {"name": "capital_gain", "values": [0]},
            {"name": "fnlwgt", "values": [200000]},
        ],
    },
    "taiwan-default": {
        "file": "taiwan-default/UCI_Credit_Card.csv",
        "label": "default.payment.next.month",
        "positive": [0],
        "predicted": {"column": "PAY_0", "at_most": 0},
        "group": "EDUCATION",
        "features": ["LIMIT_BAL", "BILL_AMT1", "BILL_AMT2", "PAY_AMT1", "PAY_AMT2"],
        "facets": [
            {"name": "SEX", "values": [2]},
            {"name": "MARRIAGE", "values": None},
            {"name": "AGE", "values": [40]},
            {"name": "LIMIT_BAL", "values": [200000]},
        ],
    },
}


def main() -> None:
    logging.disable(logging.CRITICAL)
    write("tables", [table(cells) for cells in tables()])
    write("groups", [grouped(np.random.RandomState(seed)) for seed in range(40)])
    write("flips", [flip(seed) for seed in range(60)])
    for name, case in DATASETS.items():
        write(name, dataset(case))


def tables() -> Iterator[list[int]]:
    """Every pattern of empty cells, then random tables, some sparse and some large."""
    yield from (list(cells) for cells in itertools.product((0, 2), repeat=8))
    random = np.random.RandomState(0)
    for _ in range(40):
        yield (random.randint(0, 40, 8) * random.randint(0, 2, 8)).tolist()
        yield random.randint(1, 2000, 8).tolist()


def rows_of(cells: np.ndarray) -> np.ndarray:
    """One row of indices per counted row."""
    return np.repeat(np.argwhere(np.ones(cells.shape)), cells.ravel(), axis=0)


def table(cells: list[int]) -> dict[str, Any]:
    facet, actual, predicted = rows_of(np.array(cells).reshape(2, 2, 2)).T.astype(bool)
    found = {name: ask(name, facet, actual, predicted) for name in COUNTED}
    return {"cells": cells, "metrics": found}


def grouped(random: np.random.RandomState) -> dict[str, Any]:
    """Counts by group, facet, actual and predicted; some groups with empty cells."""
    shape = (random.randint(1, 9), 2, 2, 2)
    cells = random.randint(0, 30, shape) * random.randint(0, 2, shape)
    group, facet, actual, predicted = rows_of(cells).T
    columns = (facet.astype(bool), actual.astype(bool), predicted.astype(bool))
    found = {name: ask(name, *columns, group=pd.Series(group)) for name in ("CDDL", "CDDPL")}
    return {"cells": cells.tolist(), "metrics": found}


def flip(seed: int) -> dict[str, Any]:
    """The flip test on rows the test can make again: RandomState's stream is frozen."""
    size = {"seed": seed, "rows": 12 + 7 * seed, "columns": 1 + seed % 6}
    random = np.random.RandomState(seed)
    features = random.normal(size=(size["rows"], size["columns"]))
    facet, predicted = random.random_sample((2, size["rows"])) < 0.5
    value = oracle.FT(pd.DataFrame(features), pd.Series(facet), pd.Series(predicted))
    return {**size, "FT": strict(value)}


def ask(name: str, facet: Any, actual: Any, predicted: Any, group: Any = None) -> Any:
    """One metric, by the arguments its signature names."""
    function: Callable[..., float] = getattr(oracle, name)
    known = {
        "feature": pd.Series(facet),
        "sensitive_facet_index": pd.Series(facet),
        "label": pd.Series(actual),
        "positive_label_index": pd.Series(actual),
        "positive_predicted_label_index": pd.Series(predicted),
        "group_variable": group,
    }
    try:
        return strict(
            function(**{key: known[key] for key in inspect.signature(function).parameters})
        )
    except ValueError:
        return None


def dataset(case: dict[str, Any]) -> dict[str, Any]:
    """Both reports for every facet of a data set."""
    frame = pd.read_csv(SHARED / "data" / case["file"])
    rule = case["predicted"]
    column = frame[rule["column"]]
    accepted = column <= rule["at_most"] if "at_most" in rule else column >= rule["at_least"]
    labels = frame[case["label"]]
    other = next(value for value in labels.unique() if value not in case["positive"])
    predicted = pd.Series(np.where(accepted, case["positive"][0], other))
    reports = []
    for facet in case["facets"]:
        columns = [*case["features"], case["label"], facet["name"]]
        arguments = (
            frame[list(dict.fromkeys(columns))],
            FacetColumn(facet["name"], facet["values"]),
            LabelColumn(case["label"], labels, case["positive"]),
        )
        guess = LabelColumn("predicted", predicted, case["positive"])
        group = frame[case["group"]]
        pre = bias_report(*arguments, StageType.PRE_TRAINING, group_variable=group)
        post = bias_report(*arguments, StageType.POST_TRAINING, guess, group_variable=group)
        reports.append({**facet, "pre": entries(pre), "post": entries(post)})
    return {**case, "rows": len(frame), "facets": reports}


def entries(report: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Metric values by facet value."""
    return {
        entry["value_or_threshold"]: {
            metric["name"]: strict(metric["value"]) for metric in entry["metrics"]
        }
        for entry in report
    }


def strict(value: float | str | None) -> float | str | None:
    """The value as strict JSON can hold it."""
    if value is None or isinstance(value, str):
        return value
    return float(value) if np.isfinite(value) else ("Infinity" if value > 0 else "-Infinity")


def write(name: str, content: Any) -> None:
    """One entry a line, so that a changed result is a readable diff."""
    OUTPUT.mkdir(parents=True, exist_ok=True)
    if isinstance(content, list):
        text = "[\n" + ",\n".join(json.dumps(entry) for entry in content) + "\n]\n"
    else:
        text = json.dumps(content, indent=1) + "\n"
    (OUTPUT / f"{name}.json").write_text(text)


if __name__ == "__main__":
    main()
