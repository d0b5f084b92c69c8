"""Deployment faults 57 to 67 as AWS shows them, and the faults of a test double itself (list G).

The numbers are those of FAULTS.md, in the folder SHARED_DIR names; test_faults.py has lists A to
C. A deployment fault is shown beside the engine, and the index says where; what list G found
wrong with moto as it is is shown here, over every member of the family concerned.
"""

from __future__ import annotations

import ast
import json
import os
import re
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from monitoring.kinds import KINDS, Kind
from moto_fixtures.cloudformation.resource_types import RESOURCE_TYPES
from tests.contracts.samples import BUCKET, IMAGE, SAMPLES, TAGS

ROOT = Path(__file__).parents[2]
FAULTS = Path(os.environ.get("SHARED_DIR", ROOT.parent / "shared")) / "FAULTS.md"
ENGINE, HERE = "moto_fixtures/cloudformation", "contracts/test_offline_faults"
SCHEDULES = "moto_fixtures/sagemaker/test_schedules"
DEFINITIONS = "moto_fixtures/sagemaker/test_job_definitions"
DEPLOYMENT = range(57, 68)

INDEX: dict[int, dict[str, tuple[str, ...]]] = {
    57: {
        f"{ENGINE}/test_faults": ("57_a_stack_whose_creation_failed_takes_no_change_set",),
        f"{ENGINE}/test_rollback": ("a_rolled_back_creation_refuses_updates_and_can_be_deleted",),
    },
    58: {
        f"{ENGINE}/test_faults": (
            "58_a_stack_whose_rollback_failed_takes_no_change_set_and_is_not_rolled_back",
        ),
        f"{ENGINE}/test_rollback": (
            "a_rollback_that_fails_names_what_it_could_not_restore",
            "a_failed_rollback_goes_on_once_its_resource_is_skipped",
        ),
    },
    59: {
        f"{ENGINE}/test_faults": (
            "59_what_stopped_half_way_is_no_rollback_to_continue",
            "59_what_stopped_half_way_is_updated_without_rollback_only",
        ),
        f"{ENGINE}/test_rollback": (
            "with_rollback_disabled_a_failed_update_stands_until_rolled_back",
        ),
    },
    60: {f"{ENGINE}/test_faults": ("60_a_rolled_back_update_is_deployable",)},
    61: {
        f"{ENGINE}/test_operations": (
            "an_update_is_refused_while_another_is_in_progress",
            "a_change_set_is_executed_once_at_a_time",
        ),
    },
    62: {
        f"{ENGINE}/test_engine": ("nothing_to_update_is_refused_in_the_words_tools_look_for",),
        f"{ENGINE}/test_cli": ("deploy_again_says_there_is_nothing_to_do",),
    },
    63: {
        f"{ENGINE}/test_faults": (
            "63_a_throttled_call_succeeds_when_it_is_tried_again",
            "63_a_call_that_is_not_tried_again_says_that_the_rate_was_exceeded",
        ),
    },
    64: {f"{ENGINE}/test_faults": ("64_a_services_own_failure_is_a_generic_reason",)},
    65: {
        f"{ENGINE}/test_faults": (
            "65_a_name_that_another_stack_took_fails_and_leaves_the_other_alone",
            "65_a_change_set_flags_the_replacement_of_a_named_resource",
        ),
    },
    66: {f"{ENGINE}/test_faults": ("66_the_endpoint_moves_before_its_old_configuration_goes",)},
    67: {
        f"{ENGINE}/test_faults": (
            "67_a_model_that_does_not_load_leaves_the_old_fleet_serving",
            "67_an_endpoint_that_never_comes_into_service_is_given_up_with_its_status",
        ),
    },
    86: {
        HERE: (
            "86_every_type_that_moto_skips_is_under_the_contract_of_types",
            "86_no_resource_of_a_stack_is_missing",
        ),
        "contracts/test_resource_types": ("it_is_shown_and_gone_with_its_stack",),
    },
    87: {
        HERE: ("87_what_moto_has_not_implemented_answers",),
        SCHEDULES: ("it_is_pending_until_it_was_read_once", "it_stops_and_starts"),
    },
    88: {HERE: ("88_a_model_of_a_package_is_made_by_a_stack",)},
    89: {
        HERE: (
            "89_a_name_that_sagemaker_would_not_take_is_refused",
            "89_a_role_that_is_none_is_refused",
        ),
        DEFINITIONS: ("a_name_is_used_once", "an_unknown_endpoint_is_refused"),
    },
}
"""Fault → test file → its tests, without `test_` and `.py`."""
SKIPPED_BY_MOTO = (
    *(f"AWS::SageMaker::{kind.job_definition}" for kind in KINDS),
    "AWS::SageMaker::MonitoringSchedule",
    "AWS::CodeBuild::Project",
)
ROLE = "arn:aws:iam::123456789012:role/monitor"


def named_in(file: str) -> set[str]:
    """The tests of a file, by their names without `test_`."""
    tree = ast.parse((ROOT / "tests" / f"{file}.py").read_text())
    names = [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    return {name.removeprefix("test_") for name in names if name.startswith("test_")}


@pytest.mark.skipif(not FAULTS.is_file(), reason=f"no {FAULTS}; set SHARED_DIR")
def test_every_fault_of_the_double_and_of_a_deployment_is_in_the_index() -> None:
    (listed,) = re.findall(r"^## G\..*?(?=^## |\Z)", FAULTS.read_text(), re.DOTALL | re.MULTILINE)
    of_the_double = [int(one) for one in re.findall(r"^\|(\d+)\|", listed, re.MULTILINE)]
    assert of_the_double
    assert sorted(INDEX) == [*DEPLOYMENT, *of_the_double]


@pytest.mark.parametrize("fault", INDEX)
def test_what_the_index_names_is_there(fault: int) -> None:
    missing = [
        f"{file}::{name}"
        for file, names in INDEX[fault].items()
        for name in names
        if name not in named_in(file)
    ]
    assert INDEX[fault]
    assert not missing, f"fault {fault} has lost {missing}"


def test_86_every_type_that_moto_skips_is_under_the_contract_of_types() -> None:
    assert set(SKIPPED_BY_MOTO) <= set(SAMPLES) & set(RESOURCE_TYPES)


def test_86_no_resource_of_a_stack_is_missing(session: boto3.Session) -> None:
    template = SAMPLES["AWS::CodeBuild::Project"].template()
    made = deployed(session, template)
    assert set(made) == set(template)
    (project,) = session.client("codebuild").batch_get_projects(names=[made["It"]])["projects"]
    assert project["name"] == made["It"]


@pytest.mark.parametrize(
    ("action", "given"),
    [
        ("list_monitoring_schedules", {}),
        ("list_monitoring_executions", {}),
        ("list_monitoring_alert_history", {}),
    ],
)
def test_87_what_moto_has_not_implemented_answers(
    session: boto3.Session, action: str, given: dict[str, Any]
) -> None:
    answer = getattr(session.client("sagemaker"), action)(**given)
    (listed,) = [value for name, value in answer.items() if name != "ResponseMetadata"]
    assert listed == []


def test_88_a_model_of_a_package_is_made_by_a_stack(session: boto3.Session) -> None:
    session.client("s3").create_bucket(Bucket=BUCKET)
    session.client("s3").put_object(Bucket=BUCKET, Key="model.tar.gz", Body=b"a model")
    container = {"Image": f"{IMAGE}:1", "ModelDataUrl": f"s3://{BUCKET}/model.tar.gz"}
    formats = {"SupportedContentTypes": ["text/csv"], "SupportedResponseMIMETypes": ["text/csv"]}
    template: dict[str, Any] = {
        "Group": {
            "Type": "AWS::SageMaker::ModelPackageGroup",
            "Properties": {"ModelPackageGroupName": "it"},
        },
        "It": {
            "Type": "AWS::SageMaker::ModelPackage",
            "DependsOn": "Group",
            "Properties": {
                "ModelPackageGroupName": "it",
                "InferenceSpecification": {"Containers": [container], **formats},
            },
        },
    }
    template["Model"] = {
        "Type": "AWS::SageMaker::Model",
        "Properties": {
            "ExecutionRoleArn": ROLE,
            "Containers": [{"ModelPackageName": {"Ref": "It"}}],
            "Tags": TAGS,
        },
    }
    made = deployed(session, template)["Model"].rsplit("/", 1)[-1]
    shown = session.client("sagemaker").describe_model(ModelName=made)
    assert "model-package/" in str(shown.get("Containers") or shown["PrimaryContainer"])


@pytest.mark.parametrize("name", ["x" * 70, "bad_name_", "-first"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.slug)
def test_89_a_name_that_sagemaker_would_not_take_is_refused(
    session: boto3.Session, kind: Kind, name: str
) -> None:
    with pytest.raises(ClientError, match="jobDefinitionName") as refused:
        define(session, kind, JobDefinitionName=name)
    assert refused.value.response["Error"]["Code"] == "ValidationException"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.slug)
def test_89_a_role_that_is_none_is_refused(session: boto3.Session, kind: Kind) -> None:
    with pytest.raises(ClientError, match="roleArn"):
        define(session, kind, RoleArn="arn:aws:iam::123456789012:user/monitor")


def deployed(session: boto3.Session, resources: dict[str, Any]) -> dict[str, str]:
    """The physical ids of a new stack's resources, by their logical ones."""
    cloudformation = session.client("cloudformation")
    body = json.dumps({"Resources": resources})
    cloudformation.create_stack(StackName="it", TemplateBody=body, Capabilities=["CAPABILITY_IAM"])
    made = cloudformation.describe_stack_resources(StackName="it")["StackResources"]
    reasons = [one.get("ResourceStatusReason") for one in made]
    assert {one["ResourceStatus"] for one in made} == {"CREATE_COMPLETE"}, reasons
    return {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in made}


def define(session: boto3.Session, kind: Kind, **changed: Any) -> Any:
    """Create a definition of the sample's properties, some of them changed."""
    given = {**SAMPLES[f"AWS::SageMaker::{kind.job_definition}"].properties, **changed}
    given.setdefault("JobDefinitionName", "it")
    given[f"{kind.name}JobInput"] = {
        **given[f"{kind.name}JobInput"],
        "EndpointInput": {"EndpointName": "it", "LocalPath": "/opt/ml/processing/input"},
    }
    cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 20}
    given["JobResources"] = {"ClusterConfig": cluster}
    create = f"create_{kind.slug.replace('-', '_')}_job_definition"
    return getattr(session.client("sagemaker"), create)(**given)
