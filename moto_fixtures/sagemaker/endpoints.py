"""Endpoints and their configurations: references exist, models load, capture is summarised.

An endpoint is InService, or Failed with its reason, as soon as it is made: its models are
loaded into the real serving app while it is created. An update moves all traffic at once;
its DeploymentConfig is echoed, not enacted.
"""

from __future__ import annotations

import copy
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.sagemaker.models import FakeEndpoint, FakeEndpointConfig

from moto_fixtures import hosting
from moto_fixtures.data_capture import config_summary
from moto_fixtures.hosting import ModelHost
from moto_fixtures.sagemaker.backend import Backend
from moto_fixtures.sagemaker.errors import AWSValidationException, NotSimulatedError
from moto_fixtures.sagemaker.models import resolved

FAILED_PING = (
    "The primary container for production variant {variant} did not pass the ping health "
    "check. Please check CloudWatch logs for this endpoint. {cause}"
)


class EndpointConfig(FakeEndpointConfig):
    """An endpoint configuration that answers what it was asked to be."""

    def __init__(self, request: dict[str, Any], backend: Backend) -> None:
        super().__init__(
            account_id=backend.account_id,
            region_name=backend.region_name,
            endpoint_config_name=request["EndpointConfigName"],
            production_variants=request["ProductionVariants"],
            async_inference_config=request.get("AsyncInferenceConfig", {}),
            data_capture_config=request.get("DataCaptureConfig", {}),
            tags=request.get("Tags", []),
            kms_key_id=request.get("KmsKeyId", ""),
        )
        self.arn = self.endpoint_config_arn
        self.request = request

    def validate_instance_type(self, instance_type: str) -> None:
        """Already checked against botocore's list; moto's is years old."""

    @property
    def response_object(self) -> dict[str, Any]:
        return {
            **self.request,
            "EndpointConfigArn": self.arn,
            "CreationTime": self.creation_time,
        }


class Endpoint(FakeEndpoint):
    """An endpoint and the hosts behind its variants."""

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
        self.endpoint_status = "Creating"
        self.hosts: dict[str, ModelHost] = {}
        """What was loaded stays loaded: later changes in S3 or of the model reach no endpoint."""

    def serve(self, backend: Backend, config: EndpointConfig) -> None:
        """Load every variant's model, then move the traffic to this configuration.

        Raises:
            ModelLoadError: a model does not load; the endpoint goes on as it was.
        """
        hosted = [_hosted(backend, request) for request in config.request["ProductionVariants"]]
        self.endpoint_config_name = config.endpoint_config_name
        self.data_capture_config = config.data_capture_config
        self.production_variants = [summary for summary, _ in hosted]
        self.hosts = {summary["VariantName"]: host for summary, host in hosted}
        self.endpoint_status, self.failure_reason = "InService", None
        self.last_modified_time = utcnow()

    @property
    def response_object(self) -> dict[str, Any]:
        answer = {
            "EndpointName": self.endpoint_name,
            "EndpointArn": self.arn,
            "EndpointConfigName": self.endpoint_config_name,
            "ProductionVariants": self.production_variants or None,
            "DataCaptureConfig": config_summary(self.data_capture_config)
            if self.data_capture_config
            else None,
            "EndpointStatus": self.endpoint_status,
            "FailureReason": self.failure_reason,
            "CreationTime": self.creation_time,
            "LastModifiedTime": self.last_modified_time,
            "LastDeploymentConfig": self.deployment_config,
        }
        return {member: value for member, value in answer.items() if value is not None}


def _hosted(backend: Backend, request: dict[str, Any]) -> tuple[dict[str, Any], ModelHost]:
    """A variant's summary and the host behind it, once its model has answered its health check."""
    container = resolved(backend, backend.describe_model(request["ModelName"]).container)
    try:
        host = hosting.host(container, backend.region_name, backend.account_id)
    except hosting.ModelLoadError as error:
        reason = FAILED_PING.format(variant=request["VariantName"], cause=error)
        raise hosting.ModelLoadError(reason) from error
    weight, count = request.get("InitialVariantWeight", 1.0), request.get("InitialInstanceCount")
    summary = {
        "VariantName": request["VariantName"],
        "CurrentWeight": weight,
        "DesiredWeight": weight,
        "CurrentInstanceCount": count,
        "DesiredInstanceCount": count,
        "CurrentServerlessConfig": request.get("ServerlessConfig"),
        "DesiredServerlessConfig": request.get("ServerlessConfig"),
    }
    if "Image" in container:
        summary["DeployedImages"] = [
            {"SpecifiedImage": container["Image"], "ResolutionTime": utcnow()}
        ]
    return {member: value for member, value in summary.items() if value is not None}, host


class EndpointActions:
    """Create and describe endpoint configurations; create, update, describe, delete endpoints."""

    params: dict[str, Any]
    sagemaker_backend: Backend

    def create_endpoint_config(self) -> ActionResult:
        backend, request = self.sagemaker_backend, copy.deepcopy(self.params)
        name = request["EndpointConfigName"]
        if name in backend.endpoint_configs:
            arn = backend.endpoint_configs[name].arn
            raise AWSValidationException(
                f'Cannot create already existing endpoint configuration "{arn}".'
            )
        for variant in request["ProductionVariants"]:
            if "ModelName" not in variant:
                raise NotSimulatedError("A production variant of inference components")
            backend.describe_model(variant["ModelName"])
        backend.endpoint_configs[name] = EndpointConfig(request, backend)
        return ActionResult({"EndpointConfigArn": backend.endpoint_configs[name].arn})

    def create_endpoint(self) -> ActionResult:
        backend, request = self.sagemaker_backend, copy.deepcopy(self.params)
        name = request["EndpointName"]
        if name in backend.endpoints:
            arn = backend.endpoints[name].arn
            raise AWSValidationException(f'Cannot create already existing endpoint "{arn}".')
        config = self._config(request["EndpointConfigName"])
        made = Endpoint(backend, request)
        try:
            made.serve(backend, config)
        except hosting.ModelLoadError as error:
            made.endpoint_status, made.failure_reason = "Failed", str(error)
        backend.endpoints[name] = made
        return ActionResult({"EndpointArn": made.arn})

    def update_endpoint(self) -> ActionResult:
        """Move to another configuration. One that does not load is left, and the old one stays."""
        backend, request = self.sagemaker_backend, self.params
        found = backend.endpoint(request["EndpointName"])
        config = self._config(request["EndpointConfigName"])
        if found.endpoint_status != "InService":
            raise AWSValidationException(
                f'Cannot update in-progress or failed endpoint "{found.arn}" '
                f"({found.endpoint_status})."
            )
        if not request.get("RetainDeploymentConfig"):
            found.deployment_config = request.get("DeploymentConfig")
        try:
            found.serve(backend, config)
        except hosting.ModelLoadError as error:
            found.failure_reason = str(error)
        return ActionResult({"EndpointArn": found.arn})

    def update_endpoint_weights_and_capacities(self) -> ActionResult:
        """Change what is named; moto would clear the weight when only a count is given."""
        found = self.sagemaker_backend.endpoint(self.params["EndpointName"])
        variants = {variant["VariantName"]: variant for variant in found.production_variants}
        wanted = self.params["DesiredWeightsAndCapacities"]
        unknown = [one["VariantName"] for one in wanted if one["VariantName"] not in variants]
        if unknown:
            raise AWSValidationException(
                f'The variant name(s) "{", ".join(unknown)}" is/are not present within endpoint '
                f'configuration "{found.endpoint_config_name}".'
            )
        for one in wanted:
            for member in {"DesiredWeight", "DesiredInstanceCount"} & set(one):
                current = member.replace("Desired", "Current")
                variants[one["VariantName"]].update({member: one[member], current: one[member]})
        found.last_modified_time = utcnow()
        return ActionResult({"EndpointArn": found.arn})

    def describe_endpoint(self) -> ActionResult:
        return ActionResult(
            self.sagemaker_backend.endpoint(self.params["EndpointName"]).response_object
        )

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
        self.sagemaker_backend.describe_endpoint_config(name)
        return self.sagemaker_backend.endpoint_configs[name]
