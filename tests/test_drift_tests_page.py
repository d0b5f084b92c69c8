"""docs/drift-tests.md is true: its file is read, its example gives its numbers."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitoring.cli import main
from monitoring.monitors.drift_test_settings import KEYS, THRESHOLDS, DriftTests

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "drift-tests.md").read_text()


def fenced(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The page's example, carried out: where, and what the check said."""
    at = tmp_path_factory.mktemp("example")
    (program,) = fenced("python")
    subprocess.run([sys.executable, "-c", program], cwd=at, check=True)
    (at / "additional_tests.json").write_text(fenced("json")[0])
    said = ""
    for line in re.findall(r"^    monitor (.*)$", PAGE, re.MULTILINE):
        paths = ("train.csv", "hour.csv", "baseline", "run", "additional_tests.json")
        words = [str(at / word) if word in paths else word for word in line.split()]
        said = CliRunner().invoke(main, words).output
    return at, said


def test_the_file_is_one_that_is_read():
    asked = DriftTests.of(json.loads(fenced("json")[0]))
    assert set(asked.thresholds) == set(THRESHOLDS)


def test_every_key_and_every_test_with_its_threshold_has_a_row():
    for key in KEYS:
        assert f"`{key}`" in PAGE
    for test, threshold in THRESHOLDS.items():
        assert re.search(rf"^\| `{test}` \|[^|]*; {threshold:g} \|", PAGE, re.MULTILINE), test


def test_the_example_says_what_the_page_says(example: tuple[Path, str]):
    _, said = example
    for line in fenced("text")[0].splitlines():
        assert line in said
    assert "Baseline drift distance" not in said


def test_the_numbers_of_the_table_are_the_examples(example: tuple[Path, str]):
    document = json.loads((example[0] / "run/findings.json").read_text())
    columns = document["additional"]["drift_tests"]["columns"]
    rows = re.findall(
        r"^\| (\S+|whole rows) \| (\w+) \| ([\d.]+).*?\| (\S+) \| (\S+) \|", PAGE, re.M
    )
    assert len(rows) == 6
    for column, test, effect, p_value, adjusted in rows:
        found = columns[column.replace("whole rows", "(whole rows)")]["tests"][test]
        assert f"{found['effect_size']:.3f}" == effect
        assert f"{found['p_value']:.2g}" == p_value
        assert f"{found['adjusted_p_value']:.2g}" == adjusted
    bins = columns["age"]["bins"]
    drawn = re.findall(r"^ +(?:up to|above|\d).*?(0\.\d{3})   (0\.\d{3})  #", PAGE, re.MULTILINE)
    for side, shares in zip(("baseline", "current"), zip(*drawn, strict=True), strict=True):
        total = sum(bins[side])
        assert [f"{count / total:.3f}" for count in bins[side]] == list(shares)
