"""Which scripts a job's environment names, and what of it they may see."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monitoring.errors import UsageError
from monitoring.kinds import BIAS, DATA_QUALITY, EXPLAINABILITY, MODEL_QUALITY, Kind
from monitoring.scripts.environment import JOB_DESCRIPTIONS, PREPROCESSOR, script_of

PATH = "/opt/ml/processing/code/preprocessing/clean.py"


@pytest.mark.parametrize("kind", [DATA_QUALITY, MODEL_QUALITY], ids=lambda kind: kind.slug)
def test_a_script_lies_under_the_root(tmp_path: Path, kind: Kind):
    script = script_of({PREPROCESSOR: PATH}, tmp_path, PREPROCESSOR, kind)
    assert script is not None
    assert script.path == tmp_path / PATH.lstrip("/")
    assert (script.limits.seconds, script.limits.memory) == (60.0, 2 << 30)


def test_no_variable_is_no_script(tmp_path: Path):
    assert script_of({PREPROCESSOR: ""}, tmp_path, PREPROCESSOR, DATA_QUALITY) is None


def test_limits_come_from_the_environment(tmp_path: Path):
    environment = {PREPROCESSOR: PATH, "script_seconds": "2.5", "script_memory_mb": "512"}
    script = script_of(environment, tmp_path, PREPROCESSOR, DATA_QUALITY)
    assert script is not None
    assert (script.limits.seconds, script.limits.memory) == (2.5, 512 << 20)


@pytest.mark.parametrize("place", JOB_DESCRIPTIONS, ids=str)
def test_a_script_sees_what_the_job_was_given_and_no_more(tmp_path: Path, place: Path):
    (tmp_path / place).parent.mkdir(parents=True)
    (tmp_path / place).write_text(json.dumps({"Environment": {"team": "", "gone": ""}}))
    environment = {PREPROCESSOR: PATH, "team": "risk", "AWS_SECRET_ACCESS_KEY": "x"}
    script = script_of(environment, tmp_path, PREPROCESSOR, DATA_QUALITY)
    assert script is not None
    assert script.variables == {"team": "risk"}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"Environment": 7}', "{}"])
def test_a_job_description_that_is_none_gives_nothing(tmp_path: Path, text: str):
    (tmp_path / JOB_DESCRIPTIONS[0]).parent.mkdir(parents=True)
    (tmp_path / JOB_DESCRIPTIONS[0]).write_text(text)
    script = script_of({PREPROCESSOR: PATH, "team": "risk"}, tmp_path, PREPROCESSOR, DATA_QUALITY)
    assert script is not None
    assert script.variables == {}


@pytest.mark.parametrize(
    ("kind", "change", "cause"),
    [
        (BIAS, {}, "bias monitor reads records as Clarify does"),
        (EXPLAINABILITY, {}, "explainability monitor reads"),
        (DATA_QUALITY, {PREPROCESSOR: "/opt/../etc/x.py"}, "no plain path"),
        (DATA_QUALITY, {PREPROCESSOR: "s3://bucket/x.py"}, "no plain path"),
        (DATA_QUALITY, {"script_seconds": "soon"}, "script_seconds is 'soon'"),
        (DATA_QUALITY, {"script_seconds": "0"}, "script_seconds is '0'"),
        (DATA_QUALITY, {"script_memory_mb": "1"}, "Python alone needs"),
    ],
)
def test_what_cannot_be_one_is_refused(
    tmp_path: Path, kind: Kind, change: dict[str, str], cause: str
):
    with pytest.raises(UsageError, match=cause):
        script_of({PREPROCESSOR: PATH} | change, tmp_path, PREPROCESSOR, kind)
