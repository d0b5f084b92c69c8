"""A stage's file: read whole, refused whole, filled without changing what the user wrote."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring import config
from monitoring.config import MODEL_PARAMETERS, Source, StageConfig
from monitoring.errors import ConfigError
from monitoring.kinds import BIAS, DATA_QUALITY, KINDS, MODEL_QUALITY
from monitoring.parameters import NAME

TEXTS = st.dictionaries(st.sampled_from("ABCDE"), st.sampled_from(["", "1", "2"]))


@pytest.fixture
def problems(tmp_path: Path):
    """What `read` says of one file's text, a line for each problem."""

    def read(text: str | dict, stage: str = "staging") -> list[str]:
        path = tmp_path / "staging.json"
        path.write_text(text if isinstance(text, str) else json.dumps(text))
        with pytest.raises(ConfigError) as caught:
            config.read([Source.monitors(path, stage)])
        return str(caught.value).splitlines()

    return read


@given(TEXTS, TEXTS)
def test_the_user_wins_and_only_gaps_are_filled(mine: dict, defaults: dict) -> None:
    filled = StageConfig(mine).filled_from(defaults)
    for key in mine.keys() | defaults.keys():
        assert filled.get(key) == (mine.get(key) or defaults.get(key, ""))


@given(TEXTS, TEXTS)
def test_filling_twice_is_filling_once(mine: dict, defaults: dict) -> None:
    once = StageConfig(mine).filled_from(defaults)
    assert once.filled_from(defaults) == once


@pytest.mark.parametrize("changed", MODEL_PARAMETERS)
def test_the_models_name_changes_with_all_the_model_is_made_of(changed: str) -> None:
    parameters = dict.fromkeys(MODEL_PARAMETERS, "as it was")
    before = config.model_name("fraud", "prod", parameters)
    assert config.model_name("fraud", "prod", {**parameters, changed: "new"}) != before


def test_the_models_name_does_not_change_with_anything_else() -> None:
    parameters = dict.fromkeys(MODEL_PARAMETERS, "as it was")
    before = config.model_name("fraud", "prod", parameters)
    assert config.model_name("fraud", "prod", {**parameters, "KMSKeyArn": "new"}) == before


def test_the_longest_projects_model_has_a_legal_name() -> None:
    assert NAME.fullmatch(config.model_name("p" * 32, "a-rather-long-stage-name-as-well", {}))


# Reading


def test_every_problem_of_a_file_is_reported_at_once(problems) -> None:
    found = problems(
        {
            "Parameters": {
                "StageName": "prod",
                "EnableModelBiasMonitor": True,
                "DataQualityMaxRuntimeInSeconds": "0",
                "ModelQualitySheduleExpression": "cron(0 * ? * * *)",
                "GroundTruthInput": "labels/",
            },
            "Tags": ["team"],
            "StackPolicy": {},
        }
    )
    assert len(found) == 8
    told = "\n".join(found)
    for word in (
        "'StageName' is 'prod'",
        "'EnableModelBiasMonitor' is true; CloudFormation takes text",
        "from 1 to 86400",
        "did you mean 'ModelQualityScheduleExpression'?",
        "must look like s3://bucket/prefix",
        'value of "Tags" must be an object',
        "'StackPolicy' is not passed to the stack",
    ):
        assert word in told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param('{"Parameters": {"A": "1", "A": "2"}}', "'A' stands twice", id="twice"),
        pytest.param('{"Parameters": {', "line 1, column 17: is not JSON", id="cut off"),
        pytest.param("[" * 100_000, "nested too deeply", id="deep"),
        pytest.param("[]", 'an object under "Parameters"', id="a list"),
        pytest.param('{"Parameters": []}', 'an object under "Parameters"', id="a list inside"),
        pytest.param('{"Parameters": {}}', "'StageName' is missing", id="empty"),
        pytest.param(
            '{"Parameters": {"StageName": "dev"}}', "known stages: staging, prod", id="stage"
        ),
    ],
)
def test_a_malformed_file_says_what_is_wrong(problems, text: str, said: str) -> None:
    assert said in problems(text)[0]


def test_a_file_that_is_not_there_is_named_with_its_stage(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.json: cannot be read .*parameters for prod"):
        config.read([Source.monitors(tmp_path / "none.json", "prod")])


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(b"\xff\xfe{}")
    with pytest.raises(ConfigError, match=r"config\.json: is not UTF-8 text"):
        config.read([Source.monitors(path, "prod")])


def test_a_monitor_with_labels_must_know_where_the_prediction_is(problems) -> None:
    (found,) = problems({"Parameters": {"StageName": "staging", "GroundTruthInput": "s3://labels"}})
    assert "model quality and bias would not find the prediction" in found


HOSTED = {
    "MonitorEngine": "self-hosted",
    "AnalyzerImageUri": "1.dkr.ecr.eu-west-1.amazonaws.com/m:1",
}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"AnalyzerImageUri": ""}, "'AnalyzerImageUri' is missing, though"),
        ({"MonitoringJobInstanceCount": "2"}, "runs on one instance"),
        (
            {"DataQualityConstraintsS3Uri": f"s3://b/{'k' * 250}"},
            "'DataQualityConstraintsS3Uri' has 257 characters",
        ),
    ],
)
def test_what_the_self_hosted_engine_cannot_do_is_said(changed: dict, said: str) -> None:
    (problem,) = config.check_engine(StageConfig({**HOSTED, **changed}))
    assert said in problem
    managed = {**HOSTED, **changed, "MonitorEngine": "managed"}
    assert list(config.check_engine(StageConfig(managed))) == []


def test_a_self_hosted_stage_with_its_image_is_complete() -> None:
    longest = {"DataQualityConstraintsS3Uri": f"s3://b/{'k' * 249}"}
    one = {**HOSTED, **longest, "MonitoringJobInstanceCount": "1"}
    assert list(config.check_engine(StageConfig(one))) == []


def test_a_file_is_checked_for_what_its_engine_cannot_do(problems) -> None:
    (said,) = problems({"Parameters": {"StageName": "staging", "MonitorEngine": "self-hosted"}})
    assert "Push this repository's image to ECR" in said


def test_a_parameter_of_the_users_own_template_passes_through(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"Parameters": {"StageName": "prod", "CostCentre": "4711"}}')
    (read,) = config.read([Source.monitors(path, "prod")])
    assert read.get("CostCentre") == "4711"


def test_the_slash_at_the_end_of_a_prefix_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(
        '{"Parameters": {"StageName": "prod", "DataCaptureUploadPath": "s3://bucket/k/"}}'
    )
    (read,) = config.read([Source.endpoint(path, "prod")])
    assert read.get("DataCaptureUploadPath") == "s3://bucket/k"


# Which monitors run


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_monitor_that_is_off_says_why(kind) -> None:
    off = StageConfig({f"Enable{kind.name}Monitor": "no", "GroundTruthInput": "s3://labels"})
    assert off.why_off(kind) == f"Enable{kind.name}Monitor is no"


def test_without_labels_the_two_that_need_them_wait() -> None:
    waiting = [kind for kind in KINDS if StageConfig({}).why_off(kind)]
    assert waiting == [MODEL_QUALITY, BIAS]
    assert StageConfig({}).why_off(DATA_QUALITY) is None


# Writing

NASTY = [
    "cron(0 * ? * * *)",
    "say \"yes\" and 'no'",
    "back\\slash \\n",
    "$HOME `id` $(id) ; & | > < * ?",
    "a=b=c",
    "  spaces  around  ",
    "größer ≥ 1 €",
    "",
    '"',
    "'",
    "'\"'\"",
    "{}",
    "-",
]


def through_xargs(text: str) -> list[str]:
    """The arguments a command gets, as the real xargs passes them."""
    program = "import json, sys; print(json.dumps(sys.argv[1:]))"
    done = subprocess.run(
        ["xargs", sys.executable, "-c", program],
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_xargs_hands_over_every_value_as_it_is() -> None:
    parameters = {f"P{number}": value for number, value in enumerate(NASTY)}
    tags = {"team": 'card "risk" & co', "cost centre": "4711"}
    assert through_xargs(StageConfig(parameters, tags).to_arguments()) == [
        "--parameter-overrides",
        *(f"{key}={value}" for key, value in parameters.items()),
        "--tags",
        *(f"{key}={value}" for key, value in tags.items()),
    ]


@settings(max_examples=12, deadline=None)
@given(st.lists(st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]))))
def test_xargs_hands_over_any_text(values: list[str]) -> None:
    parameters = {f"P{number}": value for number, value in enumerate(values)}
    got = through_xargs(StageConfig(parameters).to_arguments())
    assert got[1:] == [f"{key}={value}" for key, value in parameters.items()]


@pytest.mark.parametrize("broken", ["two\nlines", "carriage\rreturn", "nul\0"])
def test_a_line_break_is_refused_not_mangled(broken: str) -> None:
    with pytest.raises(ConfigError, match="line break"):
        StageConfig({"FeaturesAttribute": broken}).to_arguments()


def test_a_tag_key_the_cli_would_cut_is_refused() -> None:
    with pytest.raises(ConfigError, match="a tag's key"):
        StageConfig({}, {"a=b": "c"}).to_arguments()


def test_what_the_cli_cannot_be_given_is_refused_with_its_file(problems) -> None:
    parameters = {"StageName": "staging", "FeaturesAttribute": "two\nlines"}
    found = problems({"Parameters": parameters, "Tags": {"a=b": "c"}})
    assert [line.split()[1] for line in found] == ["'FeaturesAttribute'", "'a=b'"]
    assert all("staging.json: " in line for line in found)


def test_files_are_written_all_or_none(tmp_path: Path) -> None:
    kept, blocked = tmp_path / "kept.json", tmp_path / "file" / "below.json"
    kept.write_text("before")
    (tmp_path / "file").write_text("no directory")
    with pytest.raises(ConfigError, match="cannot be written"):
        config.write({kept: "after", blocked: "after"})
    assert kept.read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "kept.json"]


def test_a_directory_in_a_files_place_is_seen_before_any_file_changes(tmp_path: Path) -> None:
    kept, blocked = tmp_path / "kept.json", tmp_path / "export.json"
    kept.write_text("before")
    blocked.mkdir()
    with pytest.raises(ConfigError, match=r"/export\.json: cannot be written \(Is a directory"):
        config.write({kept: "after", blocked: "after"})
    assert kept.read_text() == "before"


def test_changes_name_what_is_new_different_and_gone() -> None:
    before = StageConfig({"same": "1", "other": "1", "gone": "1"}, {"team": "a"})
    after = StageConfig({"same": "1", "other": "2", "new": "1"}, {"team": "b"})
    assert config.changes(before, after) == (
        "other: 1 -> 2",
        "gone: 1 -> (removed)",
        "new: (not set) -> 1",
        "tag team: a -> b",
    )
