"""What of SageMaker's API is refused by name, and what is stored and shown but has no effect.

`refuse` reads the first two tables before every action. The third is told to readers:
docs/offline-aws.md is generated from all three. A member of a request that stands in none of
them is used; `tests/moto_fixtures/test_coverage.py` looks for what is forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto_fixtures.sagemaker.errors import NotSimulatedError

REFUSED_ACTIONS: Mapping[str, str] = dict.fromkeys(
    (
        "CreateAutoMLJobV2",
        "CreateCompilationJob",
        "CreateHyperParameterTuningJob",
        "CreateTrainingJob",
        "CreateTransformJob",
        "StartPipelineExecution",
    ),
    "moto would answer that it completed though nothing ran.",
)
"""Actions moto pretends to do: nothing would run, and the job would say Completed."""

REFUSED_MEMBERS: Mapping[str, Mapping[str, str]] = {
    "CreateEndpointConfig": {
        "AsyncInferenceConfig": "An endpoint here answers at once or not at all.",
        "ExplainerConfig": "Answers would come without the explanations asked for.",
        "ShadowProductionVariants": "A shadow variant would receive no traffic.",
        "CrossRegionTrafficConfig": "Traffic would stay in its region.",
    },
    "UpdateEndpoint": {
        "RetainAllVariantProperties": "Weights and counts would be the new configuration's.",
        "ExcludeRetainedVariantProperties": "There is nothing to exclude it from.",
    },
    "UpdateModelPackage": {
        "InferenceSpecification": "Register another version instead.",
        "SourceUri": "Register another version instead.",
        "ModelCard": "Register another version instead.",
        "ModelLifeCycle": "Approve or reject by ModelApprovalStatus.",
        "ModelPackageRegistrationType": "Register another version instead.",
    },
    "CreateModelPackageGroup": {
        "ManagedConfiguration": "The registry manages nothing by itself.",
    },
    "CreateModel": {
        "InferenceExecutionConfig": "It orders several containers, and one is simulated.",
    },
}
"""Members that change what happens, and would be dropped in silence: action → member → why."""

WITHOUT_EFFECT: Mapping[str, Mapping[str, str]] = {
    "CreateEndpoint": {
        "DeploymentConfig": "Shown as LastDeploymentConfig; the endpoint is in service at once.",
    },
    "UpdateEndpoint": {
        "DeploymentConfig": "Shown as LastDeploymentConfig; all traffic moves at once, no "
        "canary waits and no alarm rolls it back. RetainDeploymentConfig keeps the old one.",
    },
    "CreateEndpointConfig": {
        "KmsKeyId": "Volumes are not encrypted; there are none.",
        "ExecutionRoleArn": "No role is assumed.",
        "VpcConfig": "Nothing runs in a network.",
        "EnableNetworkIsolation": "Nothing runs in a network.",
        "MetricsConfig": "Endpoints publish no metrics.",
        "ProductionVariants": "Names, models and weights count. Instance types and counts are "
        "checked and shown; the serving app runs once, in this process.",
    },
    "CreateModel": {
        "ExecutionRoleArn": "No role is assumed.",
        "VpcConfig": "Nothing runs in a network.",
        "EnableNetworkIsolation": "Nothing runs in a network.",
        "PrimaryContainer": "The model data counts. Whatever Image it names, `serving/` of this "
        "checkout answers; its Environment is not set.",
    },
    "Create…JobDefinition": {
        "RoleArn": "No role is assumed, no permission is checked.",
        "JobResources": "One process of this machine, whatever the instances.",
        "NetworkConfig": "Subnets and security groups have no effect; an isolated job's calls "
        "to AWS are refused.",
        "…AppSpecification": "Whatever ImageUri, ContainerEntrypoint and ContainerArguments it "
        "names, `monitoring/job.py` of this checkout runs.",
    },
    "CreateProcessingJob": {
        "AppSpecification": "A framework's image runs the script with this interpreter; Model "
        "Monitor's, Clarify's and ours run `monitoring/job.py`; any other runs the command "
        "registered for it, or is refused.",
        "ProcessingResources": "One host after the other, each a process of this machine.",
        "NetworkConfig": "Subnets and security groups have no effect; an isolated job's calls "
        "to AWS are refused.",
        "ExperimentConfig": "Shown; no trial component is made.",
    },
    "CreateProject": {
        "ServiceCatalogProvisioningDetails": "No product is provisioned.",
        "TemplateProviders": "No template is provisioned.",
    },
    "UpdateModelPackage": {
        "ClientToken": "A repeated call is carried out again; it comes to the same.",
    },
}
"""Members checked, stored and shown, but not carried out: action → member → what instead."""


def refuse(action: str, request: Mapping[str, Any]) -> None:
    """Raise NotSimulatedError for an action, or a member of its request, that is not done."""
    if action in REFUSED_ACTIONS:
        raise NotSimulatedError(f"sagemaker:{action}", REFUSED_ACTIONS[action])
    for member, why in REFUSED_MEMBERS.get(action, {}).items():
        if request.get(member):
            raise NotSimulatedError(f"{member} of sagemaker:{action}", why)
