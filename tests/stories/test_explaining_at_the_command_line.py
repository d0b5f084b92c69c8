"""`monitor suggest|check explainability` of a saved model and a table, to the last file."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import click.testing
import pytest

from monitoring.cli import main
from monitoring.errors import OK, VIOLATIONS_FOUND, WRONG_USAGE
from pipelines import analysis_config
from pipelines.models import fraud
from pipelines.preprocess import preprocess
from pipelines.train import train

ROWS = 120
NAMES = fraud.SCHEMA.names


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a model, a table, the configuration and its baseline rows."""
    desk = tmp_path_factory.mktemp("desk")
    parts = preprocess(desk / "data", fraud.MODEL, fraud.generate(3000, 5), seed=5)
    train(desk / "data", desk / "model")
    rows = parts["test"].rows[:ROWS]
    write(desk / "table.csv", [NAMES, *rows])
    config = analysis_config.explainability(fraud.MODEL, parts["train"])
    shap = config["methods"]["shap"]
    write(desk / "usual.csv", shap["baseline"])
    shap |= {"baseline": "usual.csv", "save_local_shap_values": True}
    (desk / "analysis_config.json").write_text(json.dumps(config))
    return desk


def write(path: Path, rows: Any) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)


def monitor(verb: str, desk: Path, output: str, *more: str) -> click.testing.Result:
    told = ["--config", desk / "analysis_config.json", "--model", desk / "model"]
    words = [verb, "explainability", *told, "--output", desk / output, *more]
    return click.testing.CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture(scope="module")
def suggested(desk: Path) -> Path:
    result = monitor("suggest", desk, "baseline", "--data", str(desk / "table.csv"))
    assert result.exit_code == OK, result.output
    assert len(result.stdout.splitlines()) == 4
    return desk / "baseline"


def local_values(directory: Path) -> list[dict[str, str]]:
    with (directory / "explanations_shap" / "out.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_baseline_holds_each_rows_values_and_what_absent_features_were(suggested: Path):
    explained = json.loads((suggested / "constraints.json").read_text())["explanations"]
    values = explained["kernel_shap"]["is_fraud"]["global_shap_values"]
    lines = local_values(suggested)
    assert len(lines) == ROWS
    for name, value in values.items():
        mean = sum(abs(float(line[f"{name}_is_fraud"])) for line in lines) / ROWS
        assert mean == pytest.approx(value, rel=1e-12)
    absent = (suggested / "explanations_shap" / "baseline.csv").read_text().splitlines()
    assert absent[0] == ",".join(NAMES)
    assert absent[1] == (suggested.parent / "usual.csv").read_text().strip()


def test_the_same_table_is_clean_and_one_with_other_reasons_is_not(desk: Path, suggested: Path):
    checked = ["--baseline", str(suggested), "--data"]
    clean = monitor("check", desk, "clean", *checked, str(desk / "table.csv"))
    assert clean.exit_code == OK, clean.output
    assert local_values(desk / "clean") == local_values(suggested)
    values = json.loads((suggested / "constraints.json").read_text())
    ranked = values["explanations"]["kernel_shap"]["is_fraud"]["global_shap_values"]
    foremost = sorted(ranked, key=ranked.__getitem__)[-5:]
    (usual,) = csv.reader((desk / "usual.csv").read_text().splitlines())
    with (desk / "table.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    stuck = {name: usual[NAMES.index(name)] for name in foremost}
    write(desk / "stuck.csv", [NAMES, *({**row, **stuck}.values() for row in rows)])
    found = monitor("check", desk, "found", *checked, str(desk / "stuck.csv"))
    assert found.exit_code == VIOLATIONS_FOUND, found.output
    assert "Feature attribution drift" in found.stdout


def test_a_baseline_that_is_nowhere_writes_nothing(desk: Path):
    config = json.loads((desk / "analysis_config.json").read_text())
    config["methods"]["shap"]["baseline"] = "elsewhere.csv"
    (desk / "wrong.json").write_text(json.dumps(config))
    told = ["--data", str(desk / "table.csv"), "--config", str(desk / "wrong.json")]
    result = monitor("suggest", desk, "nothing", *told)
    assert result.exit_code == WRONG_USAGE
    assert "methods.shap.baseline" in result.stderr
    assert not (desk / "nothing").exists()
