"""AWS::SageMaker: one row each; their properties are their API's members."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from botocore import xform_name
from moto.sagemaker.models import sagemaker_backends

from monitoring import kinds
from moto_fixtures import deployments
from moto_fixtures.cloudformation.errors import ResourceFailed
from moto_fixtures.cloudformation.resource_types.base import (
    ApiType,
    Properties,
    ResourceType,
    Scope,
    Settling,
    retag,
)


def _job_definition(kind: kinds.Kind) -> ApiType:
    return ApiType(
        type_name=f"AWS::SageMaker::{kind.job_definition}",
        service="sagemaker",
        noun=xform_name(kind.job_definition),
        name_property="JobDefinitionName",
        name_from_stack=False,
        ref="JobDefinitionArn",
    )


@dataclass(frozen=True, kw_only=True)
class Endpoint(ApiType):
    """An endpoint. Its update succeeds only when the new configuration is the one in service.

    SageMaker rolls a failed update back by itself and is InService again, on the old
    configuration: the status alone would call that a success.
    """

    def configure(
        self, scope: Scope, physical_id: str, before: Properties, after: Properties
    ) -> None:
        wanted = str(after["EndpointConfigName"]).rsplit("/", 1)[-1]
        if before and self._serving(scope, after)["EndpointConfigName"] == wanted:
            # A failed update went back by itself: there is nothing to restore but the tags.
            retag(scope, "sagemaker", physical_id, before, after)
            return
        super().configure(scope, physical_id, before, after)
        found = self._serving(scope, after)
        if found["EndpointConfigName"] != wanted:
            raise ResourceFailed(
                'Resource handler returned message: "The endpoint was rolled back to '
                f'{found["EndpointConfigName"]}: {found.get("FailureReason", "no reason given")}" '
                "(HandlerErrorCode: NotStabilized)"
            )

    def _settled(self, scope: Scope, properties: Properties) -> dict[str, Any]:
        """The description once its deployment is over: the clock is wound on until then."""
        backend = sagemaker_backends[scope.account][scope.region]
        deployments.finish(backend, str(properties["EndpointName"]))
        return super()._settled(scope, properties)

    def _serving(self, scope: Scope, properties: Properties) -> dict[str, Any]:
        name = properties["EndpointName"]
        return scope.call("sagemaker", "describe_endpoint", EndpointName=name)


@dataclass(frozen=True, kw_only=True)
class ModelPackageGroup(ApiType):
    """A group of the registry, with its resource policy."""

    @property
    def simulated(self) -> frozenset[str]:
        return super().simulated | {"ModelPackageGroupPolicy"}

    def configure(
        self, scope: Scope, physical_id: str, before: Properties, after: Properties
    ) -> None:
        super().configure(scope, physical_id, before, after)
        old, new = before.get("ModelPackageGroupPolicy"), after.get("ModelPackageGroupPolicy")
        if old == new:
            return
        name = {"ModelPackageGroupName": after["ModelPackageGroupName"]}
        if new is None:
            scope.call("sagemaker", "delete_model_package_group_policy", **name)
        else:
            policy = new if isinstance(new, str) else json.dumps(new)
            scope.call("sagemaker", "put_model_package_group_policy", **name, ResourcePolicy=policy)


TYPES: tuple[ResourceType, ...] = (
    *map(_job_definition, kinds.KINDS),
    ApiType(
        type_name="AWS::SageMaker::MonitoringSchedule",
        service="sagemaker",
        noun="monitoring_schedule",
        name_property="MonitoringScheduleName",
        ref="MonitoringScheduleArn",
        updates=True,
        settling=Settling(
            "MonitoringScheduleStatus",
            ready=frozenset({"Scheduled", "Stopped"}),
            pending=frozenset({"Pending"}),
        ),
    ),
    ApiType(
        type_name="AWS::SageMaker::Model",
        service="sagemaker",
        noun="model",
        name_property="ModelName",
        ref="ModelArn",
    ),
    ApiType(
        type_name="AWS::SageMaker::EndpointConfig",
        service="sagemaker",
        noun="endpoint_config",
        name_property="EndpointConfigName",
        ref="EndpointConfigArn",
    ),
    Endpoint(
        type_name="AWS::SageMaker::Endpoint",
        service="sagemaker",
        noun="endpoint",
        name_property="EndpointName",
        ref="EndpointArn",
        updates=True,
        settling=Settling(
            "EndpointStatus",
            ready=frozenset({"InService"}),
            pending=frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack"}),
        ),
    ),
    ModelPackageGroup(
        type_name="AWS::SageMaker::ModelPackageGroup",
        service="sagemaker",
        noun="model_package_group",
        name_property="ModelPackageGroupName",
        ref="ModelPackageGroupArn",
        settling=Settling(
            "ModelPackageGroupStatus",
            ready=frozenset({"Completed"}),
            pending=frozenset({"Pending", "InProgress"}),
        ),
    ),
)
