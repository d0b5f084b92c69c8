"""What would be dropped in silence is refused by name, and what is refused leaves nothing."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from moto_fixtures.sagemaker import limits
from moto_fixtures.sagemaker.errors import NotSimulatedError
from tests.moto_fixtures.building import IMAGE, ROLE, Project, variant

REFUSED = [(action, one) for action, row in limits.REFUSED_MEMBERS.items() for one in row]


@pytest.mark.parametrize(("action", "member"), REFUSED)
def test_a_refused_member_is_named_with_its_action(action: str, member: str) -> None:
    with pytest.raises(NotSimulatedError, match=f"{member} of sagemaker:{action}"):
        limits.refuse(action, {member: {"Any": "thing"}})


@pytest.mark.parametrize(("action", "member"), REFUSED)
def test_a_member_that_asks_for_nothing_is_not_refused(action: str, member: str) -> None:
    limits.refuse(action, {member: False})


def test_an_asynchronous_endpoint_makes_no_configuration(project: Project) -> None:
    with pytest.raises(ClientError, match="AsyncInferenceConfig") as refused:
        project.sagemaker.create_endpoint_config(
            EndpointConfigName="later",
            ProductionVariants=[variant(project.endpoint)],
            AsyncInferenceConfig={"OutputConfig": {"S3OutputPath": "s3://b/out"}},
        )
    assert refused.value.response["Error"]["Code"] == "NotSimulated"
    configs = project.sagemaker.list_endpoint_configs(NameContains="later")
    assert configs["EndpointConfigs"] == []


def test_a_model_of_several_containers_is_refused(project: Project) -> None:
    container: dict[str, Any] = {"Image": IMAGE, "ModelDataUrl": "s3://b/model.tar.gz"}
    with pytest.raises(ClientError, match="A model of several containers is not simulated"):
        project.sagemaker.create_model(
            ModelName="pipeline", ExecutionRoleArn=ROLE, Containers=[container, container]
        )
