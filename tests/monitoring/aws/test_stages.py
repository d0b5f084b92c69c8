"""One stage's parameters, as far as names and arguments decide them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from monitoring.aws.registry import ModelPackage
from monitoring.aws.stages import Project, Stage, monitor_config, warnings
from monitoring.config import StageConfig
from monitoring.errors import AwsError
from monitoring.parameters import MONITOR_PARAMETERS

ROLE = "arn:aws:iam::123456789012:role/monitor"
PROJECT = Project("fraud", "p-1", "eu-west-1", ROLE, "outputs", ROLE)
ARN = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/fraud/1"
PACKAGE = ModelPackage(ARN, 1, datetime(2026, 1, 1, tzinfo=UTC), "Approved", {}, {})


def stage(monitors: dict | None = None, endpoint: dict | None = None) -> Stage:
    return Stage(
        StageConfig({"StageName": "prod", **(monitors or {})}),
        StageConfig({"StageName": "prod", **(endpoint or {})}),
    )


def test_the_account_is_that_of_the_monitors_role() -> None:
    assert PROJECT.account == "123456789012"


@pytest.mark.parametrize("where", ["monitors", "endpoint"])
def test_an_endpoint_named_in_either_file_is_deployed_and_watched(where: str) -> None:
    mine = stage(**{where: {"EndpointName": "mine"}})
    deployed, served = mine.deploying(PACKAGE, PROJECT)
    assert deployed.endpoint.get("EndpointName") == served.endpoint == "mine"
    assert list(mine.disagreements("fraud", ROLE)) == []


def test_two_files_that_name_two_endpoints_disagree() -> None:
    (said,) = stage({"EndpointName": "a"}, {"EndpointName": "b"}).disagreements("fraud", ROLE)
    assert "watch 'a', but 'b' is deployed" in said


def test_an_endpoint_of_ours_needs_a_role() -> None:
    (said,) = stage().disagreements("fraud", None)
    assert "--model-execution-role" in said
    assert not list(stage(endpoint={"ModelExecutionRoleArn": ROLE}).disagreements("fraud", None))


def test_labels_by_default_need_a_prediction_to_compare_with() -> None:
    (said,) = stage().disagreements("fraud", ROLE, default_ground_truth=True)
    assert "would not find the prediction" in said
    told = stage({"InferenceAttribute": "0"})
    assert not list(told.disagreements("fraud", ROLE, default_ground_truth=True))


def test_a_model_the_user_named_keeps_its_name() -> None:
    _, served = stage(endpoint={"ModelName": "mine"}).deploying(PACKAGE, PROJECT)
    assert served.model_name == "mine"


@pytest.mark.parametrize(
    "change", [{"package": replace(PACKAGE, arn=f"{ARN}1")}, {"role": "other"}], ids=str
)
def test_a_change_to_the_model_changes_its_name(change: dict) -> None:
    project = replace(PROJECT, execution_role=change.get("role", ROLE))
    _, after = stage().deploying(change.get("package", PACKAGE), project)
    _, before = stage().deploying(PACKAGE, PROJECT)
    assert after.model_name != before.model_name


def test_what_is_filled_passes_the_check_of_the_users_own_values() -> None:
    for project in (PROJECT, replace(PROJECT, default_ground_truth=True)):
        filled = monitor_config(stage().monitors, project, "fraud-prod")
        for name, value in filled.parameters.items():
            assert not value or MONITOR_PARAMETERS[name](value) is None, name


def test_an_image_is_only_missed_by_a_monitor_that_is_on() -> None:
    project = replace(PROJECT, region="il-central-1")
    off = {f"Enable{kind}Monitor": "no" for kind in ("ModelBias", "ModelExplainability")}
    assert monitor_config(stage(off).monitors, project, "e").get("ClarifyImageUri") == ""
    with pytest.raises(AwsError, match="no clarify image"):
        monitor_config(stage().monitors, project, "e")


def test_an_image_of_the_users_needs_no_known_region() -> None:
    project = replace(PROJECT, region="eu-nowhere-1")
    mine = stage({"ModelMonitorImageUri": "mine", "ClarifyImageUri": "mine"})
    assert monitor_config(mine.monitors, project, "e").get("ClarifyImageUri") == "mine"


def test_the_self_hosted_engine_needs_none_of_awss_images() -> None:
    project = replace(PROJECT, region="eu-nowhere-1")
    hosted = stage({"MonitorEngine": "self-hosted", "AnalyzerImageUri": "mine"})
    filled = monitor_config(hosted.monitors, project, "e")
    assert (filled.get("ModelMonitorImageUri"), filled.get("ClarifyImageUri")) == ("", "")
    assert filled.get("AnalyzerImageUri") == "mine"


@pytest.mark.parametrize(
    ("monitors", "endpoint", "said"),
    [
        ({}, {}, "model quality and bias will not be monitored"),
        ({"EnableModelBiasMonitor": "no"}, {}, "model quality will not be monitored"),
        ({}, {"EnableDataCapture": "no"}, "will fail for want of data"),
        (
            {"GroundTruthInput": "s3://labels", "ModelQualityMaxRuntimeInSeconds": "3600"},
            {},
            "ModelQualityMaxRuntimeInSeconds is 3600, too long for an hourly schedule",
        ),
        ({"DataQualityMaxRuntimeInSeconds": "7200"}, {}, "Keep it at 3600 or less"),
        ({"CostCentre": "4711"}, {"Owner": "me"}, "CostCentre, Owner: no parameter"),
    ],
)
def test_what_may_not_be_meant_is_warned_of(monitors: dict, endpoint: dict, said: str) -> None:
    made = stage(monitors, endpoint)
    assert any(said in line for line in warnings(made.monitors, made.endpoint, PACKAGE))


def test_nothing_is_warned_of_where_nothing_is_amiss() -> None:
    made = stage({"GroundTruthInput": "s3://labels", "ModelQualityMaxRuntimeInSeconds": "1800"})
    assert not list(warnings(made.monitors, made.endpoint, PACKAGE))


def test_an_endpoint_that_serves_a_rejected_package_is_warned_of() -> None:
    rejected = replace(PACKAGE, status="Rejected")
    said = list(warnings(StageConfig({"GroundTruthInput": "s3://l"}), None, rejected))
    assert said == [f"{ARN} is Rejected, but the endpoint serves it"]
