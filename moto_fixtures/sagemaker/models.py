"""Models: what an endpoint runs. moto stores the containers but loses half of the request."""

from __future__ import annotations

import copy
from typing import Any

from moto.core.responses import ActionResult
from moto.sagemaker.models import Model as MotoModel

from moto_fixtures.sagemaker import model_packages
from moto_fixtures.sagemaker.backend import Backend
from moto_fixtures.sagemaker.errors import AWSValidationException, NotSimulatedError


class Model(MotoModel):
    """A model that answers what it was asked to be."""

    def __init__(self, request: dict[str, Any], backend: Backend) -> None:
        super().__init__(
            account_id=backend.account_id,
            region_name=backend.region_name,
            model_name=request["ModelName"],
            execution_role_arn=request.get("ExecutionRoleArn", ""),
            primary_container=request.get("PrimaryContainer", {}),
            vpc_config=request.get("VpcConfig", {}),
            containers=request.get("Containers", []),
            tags=request.get("Tags", []),
        )
        self.request = request

    @property
    def response_object(self) -> dict[str, Any]:
        return {**self.request, "ModelArn": self.arn, "CreationTime": self.creation_time}

    @property
    def container(self) -> dict[str, Any]:
        """The container that answers: the primary one, or the only one of a list."""
        return dict(self.request.get("PrimaryContainer") or self.request["Containers"][0])


def resolved(backend: Backend, container: dict[str, Any]) -> dict[str, Any]:
    """A container with its image and model data, from the registry if it names a package."""
    package_name = container.get("ModelPackageName")
    if package_name is None:
        return container
    specification = model_packages.named(backend, package_name).inference_specification
    containers = specification.get("Containers") or [{}]
    return {**containers[0], **container}


class ModelActions:
    """Create a model."""

    params: dict[str, Any]
    sagemaker_backend: Backend

    def create_model(self) -> ActionResult:
        backend, request = self.sagemaker_backend, copy.deepcopy(self.params)
        name = request["ModelName"]
        if name in backend._models:
            arn = backend._models[name].arn
            raise AWSValidationException(f'Cannot create already existing model "{arn}".')
        if ("PrimaryContainer" in request) == ("Containers" in request):
            raise AWSValidationException(
                f"Model {name} must have exactly one of PrimaryContainer and Containers."
            )
        if len(request.get("Containers", ())) > 1:
            raise NotSimulatedError("A model of several containers")
        made = Model(request, backend)
        container = resolved(backend, made.container)
        if not {"Image", "ModelDataUrl", "ModelDataSource"} & set(container):
            raise AWSValidationException(
                f"The container of model {name} names neither an Image nor a ModelPackageName."
            )
        backend._models[name] = made
        return ActionResult({"ModelArn": made.arn})
