"""The command line: AWS's flags keep their meaning; what is wrong is said at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitoring.arguments import parse
from monitoring.errors import UsageError

ROLE = "arn:aws:iam::123456789012:role/monitor"
PACKAGE = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/fraud-p-1/1"
REQUIRED = [
    *("--model-monitor-role", ROLE),
    *("--sagemaker-project-id", "p-1"),
    *("--sagemaker-project-name", "fraud"),
    *("--monitor-outputs-bucket", "outputs"),
]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_flags_of_awss_template_are_enough() -> None:
    args = parse([*REQUIRED, "--sagemaker-project-arn", PACKAGE, "--log-level", "debug"], {})
    staging, prod = args.stages
    assert staging.monitors == Path("staging-monitoring-schedule-config.json")
    assert prod.monitors_export == Path("prod-monitoring-schedule-config-export.json")
    assert args.model_package_group_name == "fraud-p-1"
    assert args.log_level == "DEBUG"


def test_the_environment_sets_the_level_unless_a_flag_does() -> None:
    assert parse(REQUIRED, {}).log_level == "INFO"
    assert parse(REQUIRED, {"LOGLEVEL": "warning"}).log_level == "WARNING"
    assert parse([*REQUIRED, "--log-level", "ERROR"], {"LOGLEVEL": "INFO"}).log_level == "ERROR"


def test_baselines_come_from_the_registry_where_the_endpoint_is_ours(here: Path) -> None:
    (here / "staging-endpoint-config.json").touch()
    staging, prod = parse(REQUIRED, {}).stages
    assert (staging.baselines_from, prod.baselines_from) == ("registry", "endpoint")


def test_an_endpoint_configuration_that_is_named_means_the_registry() -> None:
    _, prod = parse([*REQUIRED, "--import-prod-endpoint-config", "mine.json"], {}).stages
    assert prod.baselines_from == "registry"


@pytest.mark.parametrize("wanted", ["registry", "endpoint"])
def test_where_baselines_come_from_can_be_said(here: Path, wanted: str) -> None:
    (here / "staging-endpoint-config.json").touch()
    stages = parse([*REQUIRED, "--baselines-from", wanted], {}).stages
    assert {stage.baselines_from for stage in stages} == {wanted}


def test_all_that_is_missing_is_named() -> None:
    with pytest.raises(UsageError) as caught:
        parse([], {})
    assert all(flag in str(caught.value) for flag in REQUIRED[::2])


@pytest.mark.parametrize(
    ("flag", "value", "said"),
    [
        ("--model-monitor-role", "monitor", "must be an ARN that begins with arn:aws:iam:"),
        ("--monitor-outputs-bucket", "s3://outputs", "without s3://"),
        ("--monitor-outputs-bucket", "outputs/prefix", "without a prefix"),
        ("--sagemaker-project-name", "f" * 33, "has 33 characters"),
        ("--sagemaker-project-name", "fraud_model", "letters, digits and inner hyphens"),
        ("--model-package-arn", "fraud/1", "must be an ARN"),
        ("--log-level", "loud", "must be one of DEBUG"),
        ("--output", "xml", "choose from"),
        ("--baselines-from", "s3", "choose from"),
    ],
)
def test_a_wrong_value_names_its_flag(flag: str, value: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse([*REQUIRED, flag, value], {})
    assert flag in str(caught.value)
    assert said in str(caught.value)


def test_a_flag_is_not_completed_from_its_beginning() -> None:
    with pytest.raises(UsageError, match="unknown flag --dry: did you mean --dry-run"):
        parse([*REQUIRED, "--dry"], {})


def test_several_unknown_flags_are_all_named() -> None:
    with pytest.raises(UsageError, match=r"(?s)--regoin.*--region.*--profil.*--profile"):
        parse([*REQUIRED, "--regoin=x", "--profil", "y"], {})


def test_a_package_to_deploy_contradicts_a_running_endpoint() -> None:
    with pytest.raises(UsageError, match="--model-package-arn names a package to deploy"):
        parse([*REQUIRED, "--model-package-arn", PACKAGE], {})


def test_one_file_is_not_exported_twice() -> None:
    with pytest.raises(UsageError, match=r"one\.json is named for more than one export"):
        flags = ("--export-staging-config", "one.json", "--export-prod-config", "one.json")
        parse([*REQUIRED, *flags], {})


def test_what_the_user_wrote_is_not_written_over(here: Path) -> None:
    own = "prod-monitoring-schedule-config.json"
    for flags in (
        ("--export-prod-config", own),
        ("--export-staging-config", str(here / own)),
        ("--import-prod-config", "mine.json", "--export-prod-config", "mine.json"),
    ):
        with pytest.raises(UsageError, match=r"\.json is read and would be written over"):
            parse([*REQUIRED, *flags], {})


def test_a_wrong_id_is_one_problem_though_names_are_made_of_it() -> None:
    with pytest.raises(UsageError) as caught:
        parse([*REQUIRED, "--sagemaker-project-id", "p_1"], {})
    assert len(str(caught.value).splitlines()) == 1
