"""The image: nothing invented, nothing needless in it, and it starts what SageMaker starts."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def instructions(name):
    joined = DOCKERFILE.replace("\\\n", " ")
    return re.findall(rf"^{name}\s+(.*)$", joined, re.MULTILINE)


def test_the_base_is_an_argument_without_a_default():
    assert instructions("ARG") == ["BASE_IMAGE"]
    assert instructions("FROM") == ["${BASE_IMAGE}"]


def test_no_digest_is_committed_that_nobody_looked_up():
    for path in (ROOT / "Dockerfile", ROOT / "compose.yml", *(ROOT / "docker").glob("*.yml")):
        assert "sha256:" not in path.read_text()
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert {"docker/pins.env", "docker/token"} <= set(ignored)


def test_it_does_not_run_as_root():
    assert instructions("USER") == ["1000:1000"]


def test_everything_installed_is_hashed():
    first, second = instructions("RUN")
    assert "--require-hashes -r requirements-image.txt" in first
    assert "--no-deps --no-index" in second


def test_the_health_check_and_the_command_are_what_they_name():
    (check,) = instructions("HEALTHCHECK")
    assert check.endswith('CMD ["python", "-m", "serving.health"]')
    assert (ROOT / "serving" / "health.py").exists()
    assert instructions("CMD")[-1] == '["serve"]'
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert {"serve", "train", "monitor"} <= set(scripts)


@pytest.mark.parametrize("source", [name for line in instructions("COPY") for name in line.split()])
def test_the_engine_is_sent_what_is_copied(source):
    if source == "./":
        return
    assert (ROOT / source).exists()
    assert f"!{source}" in (ROOT / ".dockerignore").read_text().splitlines()


def test_the_engine_is_sent_nothing_else():
    allowed = [
        line[1:]
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    ]
    copied = {name for line in instructions("COPY") for name in line.split()} - {"./"}
    assert set(allowed) == copied


def test_what_the_image_imports_is_in_its_requirements():
    """The packages that serving, pipelines and monitoring import, but for the extras."""
    listed = (ROOT / "requirements-image.txt").read_text()
    for name in ("boto3", "flask", "gunicorn", "numpy", "pyarrow", "pydantic", "scikit-learn"):
        assert re.search(rf"^{name}==\S+ .*\\$", listed, re.MULTILINE), name
    assert "--hash=sha256:" in listed
    assert "moto==" not in listed
