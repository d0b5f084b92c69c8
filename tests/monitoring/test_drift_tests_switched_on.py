"""additional_tests.json from a command line and from a job's environment, to findings.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from monitoring.cli import main
from monitoring.errors import FAILED, OK, VIOLATIONS_FOUND, WRONG_USAGE
from monitoring.job import MESSAGE, run
from monitoring.monitors.drift_baseline import ADDITIONAL_BASELINE

TESTS = {"ks": {}, "psi": {}, "classifier": {}}
COLUMNS = "score,age,city"


def table(path: Path, rows: int, seed: int, shift: float = 0.0) -> Path:
    chance = np.random.default_rng(seed)
    columns = (
        chance.random(rows).tolist(),
        (chance.normal(40, 10, rows) + shift).tolist(),
        chance.choice(["Rome", "Oslo"], rows).tolist(),
    )
    lines = [f"{score!r},{age!r},{city}" for score, age, city in zip(*columns, strict=True)]
    path.write_text("\n".join([COLUMNS, *lines]) + "\n")
    return path


def configured(path: Path, **more: Any) -> Path:
    path.write_text(json.dumps({"tests": TESTS, **more}))
    return path


def monitor(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def checked(at: Path, data: Path, config: Path) -> Result:
    where = ("--baseline", at / "baseline", "--output", at / "run")
    return monitor("check", "data-quality", "--data", data, *where, "--additional-tests", config)


def drift_tests(run_directory: Path) -> dict[str, Any]:
    return json.loads((run_directory / "findings.json").read_text())["additional"]["drift_tests"]


@pytest.fixture
def at(tmp_path: Path) -> Path:
    """A directory with a baseline that was suggested with the tests."""
    data, config = table(tmp_path / "train.csv", 2000, 1), configured(tmp_path / "tests.json")
    told = ("--data", data, "--output", tmp_path / "baseline", "--additional-tests", config)
    result = monitor("suggest", "data-quality", *told)
    assert result.exit_code == OK, result.output
    assert ADDITIONAL_BASELINE in result.output
    return tmp_path


def test_drift_is_reported_and_ends_with_0_unless_it_is_to_be_a_violation(at: Path):
    data = table(at / "now.csv", 800, 2, shift=2.0)
    silent = checked(at, data, configured(at / "tests.json"))
    assert silent.exit_code == OK
    assert "no violations" in silent.output
    assert "age: ks 0." in silent.output
    assert "age" in drift_tests(at / "run")["drifted"]
    loud = checked(at, data, configured(at / "tests.json", violation=True))
    assert loud.exit_code == VIOLATIONS_FOUND
    assert "age: Kolmogorov-Smirnov distance: 0." in loud.output
    violations = json.loads((at / "run/constraint_violations.json").read_text())
    (violation,) = violations["violations"]
    assert violation["constraint_check_type"] == "additional_drift_check"
    assert violation["feature_name"] == "age"


def test_the_same_data_do_not_drift(at: Path):
    result = checked(at, table(at / "now.csv", 800, 3), configured(at / "t.json", violation=True))
    assert result.exit_code == OK
    assert "none of 4 drifted" in result.output
    assert drift_tests(at / "run")["drifted"] == []


def test_without_the_option_there_is_no_block(at: Path):
    where = ("--baseline", at / "baseline", "--output", at / "run")
    assert monitor("check", "data-quality", "--data", at / "train.csv", *where).exit_code == OK
    assert json.loads((at / "run/findings.json").read_text())["additional"] == {}


def test_a_wrong_configuration_is_wrong_usage_before_anything_is_read(at: Path):
    config = at / "tests.json"
    config.write_text(json.dumps({"tests": {"kss": {}}}))
    result = checked(at, at / "missing.csv", config)
    assert result.exit_code == WRONG_USAGE
    assert "tests.json: tests has no 'kss'; did you mean 'ks'?" in result.output
    assert not (at / "run").exists()


def test_a_damaged_sample_cannot_be_evaluated(at: Path):
    (at / "baseline" / ADDITIONAL_BASELINE).write_text("{}")
    result = checked(at, at / "train.csv", configured(at / "tests.json"))
    assert result.exit_code == FAILED
    assert ADDITIONAL_BASELINE in result.output


def test_explainability_has_no_such_option(at: Path):
    result = monitor("check", "explainability", "--additional-tests", at / "tests.json")
    assert result.exit_code == WRONG_USAGE
    assert "No such option" in result.output


def environment(data: str, output: str, **more: str) -> dict[str, str]:
    return {
        "dataset_format": json.dumps({"csv": {"header": True}}),
        "dataset_source": f"/{data}",
        "output_path": f"/{output}",
        **more,
    }


@pytest.mark.parametrize("written", ["in a file", "in the variable"])
def test_a_job_takes_the_tests_from_its_environment(tmp_path: Path, written: str):
    table(tmp_path / "train.csv", 2000, 1)
    table(tmp_path / "now.csv", 800, 2, shift=5.0)
    config = configured(tmp_path / "asked.json", violation=True)
    asked = {"additional_tests": "/asked.json" if written == "in a file" else config.read_text()}
    assert run(environment("train.csv", "baseline", **asked), tmp_path) == OK
    baseline = {
        "baseline_constraints": "/baseline/constraints.json",
        "baseline_statistics": "/baseline/statistics.json",
        "additional_baseline": f"/baseline/{ADDITIONAL_BASELINE}",
    }
    assert run(environment("now.csv", "out", **baseline, **asked), tmp_path) == OK
    assert (tmp_path / MESSAGE).read_text().startswith("CompletedWithViolations: ")
    block = drift_tests(tmp_path / "out")
    assert block["drifted"] == ["age", "(whole rows)"]
    assert "p_value" in block["columns"]["(whole rows)"]["tests"]["classifier"]


def test_a_job_of_explainability_refuses_the_tests(tmp_path: Path):
    configured(tmp_path / "asked.json")
    told = {"analysis_type": "MODEL_EXPLAINABILITY", "additional_tests": "/asked.json"}
    assert run(environment("train.csv", "out", **told), tmp_path) == WRONG_USAGE
    assert "additional_tests are of columns" in (tmp_path / MESSAGE).read_text()
