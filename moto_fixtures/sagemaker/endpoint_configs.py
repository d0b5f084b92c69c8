"""Endpoint configurations: what an endpoint is to run, checked when it is written down."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Mapping
from typing import Any

from moto.core.responses import ActionResult
from moto.sagemaker.models import FakeEndpointConfig

from moto_fixtures.sagemaker.backend import Backend
from moto_fixtures.sagemaker.errors import AWSValidationException, NotSimulatedError


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


class EndpointConfigActions:
    """Create an endpoint configuration."""

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
        _check_variants(request)
        for variant in _variants(request):
            if "ModelName" not in variant:
                raise NotSimulatedError("A production variant of inference components")
            backend.describe_model(variant["ModelName"])
        backend.endpoint_configs[name] = EndpointConfig(request, backend)
        return ActionResult({"EndpointConfigArn": backend.endpoint_configs[name].arn})


def _variants(request: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [*request["ProductionVariants"], *request.get("ShadowProductionVariants", ())]


def _check_variants(request: Mapping[str, Any]) -> None:
    """What botocore's model cannot say: one name each, one of two kinds, one shadow of one."""
    names = Counter(variant["VariantName"] for variant in _variants(request))
    repeated = [name for name, count in names.items() if count > 1]
    if repeated:
        raise AWSValidationException(f"Duplicate variant name(s): {', '.join(repeated)}.")
    for variant in _variants(request):
        on_instances = "InstanceType" in variant
        if on_instances == ("ServerlessConfig" in variant):
            raise AWSValidationException(
                f"Variant {variant['VariantName']} must have exactly one of InstanceType and "
                "ServerlessConfig."
            )
        if on_instances and not variant.get("InitialInstanceCount"):
            raise AWSValidationException(
                f"Variant {variant['VariantName']} must have an InitialInstanceCount."
            )
    if "ShadowProductionVariants" in request and any(
        len(request[member]) != 1 for member in ("ProductionVariants", "ShadowProductionVariants")
    ):
        raise AWSValidationException(
            "An endpoint configuration with a shadow variant has one variant in "
            "ProductionVariants and one in ShadowProductionVariants."
        )
