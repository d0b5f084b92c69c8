"""Endpoints: created, updated, scaled and deleted; what they run is in fleets.py.

An endpoint serves one fleet. A new one comes into service as `moto_fixtures.deployments`
moves it; a model that does not load leaves a new endpoint Failed, and an old one as it was.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.sagemaker.models import FakeEndpoint

from moto_fixtures import deployments, guardrails
from moto_fixtures.data_capture import config_summary
from moto_fixtures.deployments import Deployment
from moto_fixtures.guardrails import Plan
from moto_fixtures.sagemaker.backend import Backend
from moto_fixtures.sagemaker.errors import AWSValidationException
from moto_fixtures.sagemaker.fleets import RETAINABLE, Fleet


class Endpoint(FakeEndpoint):
    """An endpoint, the fleet it serves, and the deployment that will replace that."""

    def __init__(self, backend: Backend, request: dict[str, Any]) -> None:
        super().__init__(
            account_id=backend.account_id,
            region_name=backend.region_name,
            endpoint_name=request["EndpointName"],
            endpoint_config_name=request["EndpointConfigName"],
            production_variants=[],
            data_capture_config={},
            tags=request.get("Tags", []),
        )
        self.deployment_config: dict[str, Any] | None = request.get("DeploymentConfig")
        self.failure_reason: str | None = None
        self.fleet: Fleet | None = None
        """None until it was in service for the first time."""
        self.deployment: Deployment | None = None

    def become(self, status: str) -> None:
        """Take a status."""
        self.endpoint_status = status
        self.last_modified_time = utcnow()

    def take(self, fleet: Fleet) -> None:
        """Serve a fleet, and nothing else."""
        self.fleet = fleet
        self.endpoint_config_name = fleet.config_name
        self.data_capture_config = fleet.capture
        self.production_variants = fleet.variants

    @property
    def response_object(self) -> dict[str, Any]:
        fleet = self.fleet
        answer = {
            "EndpointName": self.endpoint_name,
            "EndpointArn": self.arn,
            "EndpointConfigName": self.endpoint_config_name,
            "ProductionVariants": fleet.variants if fleet else None,
            "ShadowProductionVariants": (fleet.shadows or None) if fleet else None,
            "DataCaptureConfig": config_summary(fleet.capture) if fleet and fleet.capture else None,
            "EndpointStatus": self.endpoint_status,
            "FailureReason": self.failure_reason,
            "CreationTime": self.creation_time,
            "LastModifiedTime": self.last_modified_time,
            "LastDeploymentConfig": self.deployment_config,
            "PendingDeploymentSummary": self.deployment.summary() if self.deployment else None,
        }
        return {member: value for member, value in answer.items() if value is not None}


class EndpointActions:
    """Create, update, describe and delete endpoints."""

    params: dict[str, Any]
    sagemaker_backend: Backend

    def create_endpoint(self) -> ActionResult:
        backend, request = self.sagemaker_backend, copy.deepcopy(self.params)
        name = request["EndpointName"]
        if name in backend.endpoints:
            arn = backend.endpoints[name].arn
            raise AWSValidationException(f'Cannot create already existing endpoint "{arn}".')
        config = self._config(request["EndpointConfigName"])
        _plan(backend, request.get("DeploymentConfig"), config)
        made = Endpoint(backend, request)
        backend.endpoints[name] = made
        deployments.begin(backend, made, config, Plan())
        return ActionResult({"EndpointArn": made.arn})

    def update_endpoint(self) -> ActionResult:
        """Move to another configuration as its deployment configuration says."""
        backend, request = self.sagemaker_backend, copy.deepcopy(self.params)
        found = backend.endpoint(request["EndpointName"])
        config = self._config(request["EndpointConfigName"])
        _check_in_service(backend, found)
        asked = request.get("DeploymentConfig")
        if request.get("RetainDeploymentConfig"):
            asked = found.deployment_config
        plan = _plan(backend, asked, config)
        found.deployment_config = asked
        deployments.begin(backend, found, config, plan, _retained(request))
        return ActionResult({"EndpointArn": found.arn})

    def update_endpoint_weights_and_capacities(self) -> ActionResult:
        """Change what is named; moto would clear the weight when only a count is given."""
        backend = self.sagemaker_backend
        found = backend.endpoint(self.params["EndpointName"])
        _check_in_service(backend, found)
        variants = {variant["VariantName"]: variant for variant in found.production_variants}
        wanted = self.params["DesiredWeightsAndCapacities"]
        unknown = [one["VariantName"] for one in wanted if one["VariantName"] not in variants]
        if unknown:
            raise AWSValidationException(
                f'The variant name(s) "{", ".join(unknown)}" is/are not present within endpoint '
                f'configuration "{found.endpoint_config_name}".'
            )
        for one in wanted:
            _resize(variants[one["VariantName"]], one)
        found.last_modified_time = utcnow()
        return ActionResult({"EndpointArn": found.arn})

    def describe_endpoint(self) -> ActionResult:
        found = self.sagemaker_backend.endpoint(self.params["EndpointName"])
        deployments.progress(self.sagemaker_backend, found)
        return ActionResult(found.response_object)

    def delete_endpoint(self) -> ActionResult:
        """Refused while a schedule watches it: schedules go first, then the endpoint."""
        backend = self.sagemaker_backend
        found = backend.endpoint(self.params["EndpointName"])
        watching = [
            schedule.arn
            for schedule in backend.monitoring_schedules.values()
            if schedule.endpoint_name == found.endpoint_name
        ]
        if watching:
            raise AWSValidationException(
                f'Cannot delete endpoint "{found.arn}" while monitoring schedules watch it: '
                f"{', '.join(watching)}. Delete the schedules first."
            )
        backend.capture.flush()
        del backend.endpoints[found.endpoint_name]
        return EmptyResult()

    def _config(self, name: str) -> Any:
        """A configuration whose models exist, or the error AWS gives."""
        backend = self.sagemaker_backend
        backend.describe_endpoint_config(name)
        found = backend.endpoint_configs[name]
        for member in ("ProductionVariants", "ShadowProductionVariants"):
            for variant in found.request.get(member, ()):
                backend.describe_model(variant["ModelName"])
        return found


def _check_in_service(backend: Backend, found: Endpoint) -> None:
    deployments.progress(backend, found)
    if found.endpoint_status != "InService":
        raise AWSValidationException(
            f'Cannot update in-progress or failed endpoint "{found.arn}" ({found.endpoint_status}).'
        )


def _plan(backend: Backend, asked: Mapping[str, Any] | None, config: Any) -> Plan:
    """The plan of a deployment configuration whose alarms exist."""
    variants = config.request["ProductionVariants"]
    instances = sum(variant.get("InitialInstanceCount", 1) for variant in variants)
    try:
        plan = guardrails.plan(asked, instances)
    except guardrails.PlanError as error:
        raise AWSValidationException(str(error)) from error
    alarms = cloudwatch_backends[backend.account_id][backend.region_name].alarms
    missing = [name for name in plan.alarms if name not in alarms]
    if missing:
        raise AWSValidationException(f"Could not find CloudWatch alarm(s): {', '.join(missing)}.")
    return plan


def _retained(request: Mapping[str, Any]) -> frozenset[str]:
    """What UpdateEndpoint keeps of the variants that go on."""
    if not request.get("RetainAllVariantProperties"):
        return frozenset()
    excluded = request.get("ExcludeRetainedVariantProperties", ())
    return RETAINABLE - {one["VariantPropertyType"] for one in excluded}


def _resize(variant: dict[str, Any], asked: Mapping[str, Any]) -> None:
    """Give a variant the weight, the count and the serverless limits that are named."""
    for member in {"DesiredWeight", "DesiredInstanceCount"} & set(asked):
        variant[member] = variant[member.replace("Desired", "Current")] = asked[member]
    if "ServerlessUpdateConfig" in asked:
        if "CurrentServerlessConfig" not in variant:
            raise AWSValidationException(f"Variant {variant['VariantName']} is not serverless.")
        changed = {**variant["CurrentServerlessConfig"], **asked["ServerlessUpdateConfig"]}
        variant["CurrentServerlessConfig"] = variant["DesiredServerlessConfig"] = changed
