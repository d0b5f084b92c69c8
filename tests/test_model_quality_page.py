"""docs/model-quality.md is true: its file is read, its example gives its numbers and its plot."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitoring.cli import main
from monitoring.errors import OK, VIOLATIONS_FOUND
from monitoring.monitors.quality_extras_settings import KNOWN, Extras

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "model-quality.md").read_text()
PATHS = ("approved.csv", "today.csv", "baseline", "run", "additional_measures.json")


def fenced(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page's data and its file."""
    at = tmp_path_factory.mktemp("example")
    (program,) = fenced("python")
    subprocess.run([sys.executable, "-c", program], cwd=at, check=True)
    (at / "additional_measures.json").write_text(fenced("json")[0])
    return at


def carried_out(at: Path, verb: str) -> tuple[int, str]:
    (line,) = re.findall(rf"^    monitor ({verb} .*)$", PAGE, re.MULTILINE)
    words = [str(at / word) if word in PATHS else word for word in line.split()]
    result = CliRunner().invoke(main, words)
    return result.exit_code, result.output


def test_the_file_is_one_that_is_read_and_every_key_is_explained():
    Extras.of(json.loads(fenced("json")[0]))
    for keys in KNOWN.values():
        assert all(f"`{key}`" in PAGE for key in keys)


def test_the_example_says_what_the_page_says(example: Path):
    assert carried_out(example, "suggest")[0] == OK
    code, said = carried_out(example, "check")
    assert code == VIOLATIONS_FOUND
    for line in fenced("text")[0].splitlines():
        assert line in said
    assert CliRunner().invoke(main, ["why", str(example / "run")]).exit_code == OK
    drawn = example / "drawn.svg"
    script = ROOT / "benchmarks" / "quality_plots.py"
    subprocess.run([sys.executable, script, example / "run", drawn], check=True)
    assert drawn.read_text() == (ROOT / "docs" / "images" / "model-quality.svg").read_text()
