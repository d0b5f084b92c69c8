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
    ),
    "moto would answer that it completed though nothing ran.",
)
"""Actions moto pretends to do: nothing would run, and the job would say Completed."""

REFUSED_MEMBERS: Mapping[str, Mapping[str, str]] = {
    "CreateEndpointConfig": {
        "AsyncInferenceConfig": "An endpoint here answers at once or not at all.",
        "ExplainerConfig": "Answers would come without the explanations asked for.",
        "CrossRegionTrafficConfig": "Traffic would stay in its region.",
    },
    "CreateModelPackageGroup": {
        "ManagedConfiguration": "The registry manages nothing by itself.",
    },
    "CreatePipeline": {"PipelineVersionAliases": "Name a version by its PipelineVersionId."},
    "UpdatePipeline": {"PipelineVersionAliases": "Name a version by its PipelineVersionId."},
    "DescribePipeline": {"PipelineVersionAlias": "Name a version by its PipelineVersionId."},
    "UpdatePipelineVersion": {
        "PipelineVersionAliasOperations": "Name a version by its PipelineVersionId.",
    },
    "ListPipelines": {"ManagedBy": "No pipeline here is AWS's own."},
    "ListPipelineExecutions": {
        "PipelineVersionAlias": "Executions are not told apart by an alias.",
    },
    "StartPipelineExecution": {
        "PipelineVersionAlias": "Name a version by its PipelineVersionId.",
        "MlflowExperimentName": "Nothing is logged to MLflow.",
    },
    "CreateTrainingJob": {
        "TensorBoardOutputConfig": "Write to /opt/ml/output/data instead.",
        "SessionChainingConfig": "No role is assumed for another.",
        "ServerlessJobConfig": "There is no recipe to run.",
        "MlflowConfig": "Nothing is logged to MLflow.",
        "ModelPackageConfig": "Register the model by CreateModelPackage.",
    },
    "CreateHyperParameterTuningJob": {
        "WarmStartConfig": "A search here learns nothing from another.",
        "Autotune": "Name the ranges.",
    },
    "CreateModel": {
        "InferenceExecutionConfig": "It orders several containers, and one is simulated.",
    },
}
"""Members that change what happens, and would be dropped in silence: action → member → why."""

WITHOUT_EFFECT: Mapping[str, Mapping[str, str]] = {
    "CreateEndpoint": {
        "DeploymentConfig": "Checked, and shown as LastDeploymentConfig: a first fleet replaces "
        "none.",
    },
    "UpdateEndpoint": {
        "DeploymentConfig": "Carried out, but that a rollback is never done in batches "
        "(RollbackMaximumBatchSize).",
    },
    "CreateEndpointConfig": {
        "KmsKeyId": "Volumes are not encrypted; there are none.",
        "ExecutionRoleArn": "No role is assumed.",
        "VpcConfig": "Nothing runs in a network.",
        "EnableNetworkIsolation": "Nothing runs in a network.",
        "MetricsConfig": "Invocation metrics come every minute; instances have none.",
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
    "CreateTrainingJob": {
        "ResourceConfig": "One process of this machine, whatever the instance.",
        "VpcConfig": "Nothing runs in a network.",
        "EnableInterContainerTrafficEncryption": "There is one container.",
        "EnableManagedSpotTraining": "Shown; nothing interrupts the job.",
        "DebugHookConfig": "Shown; nothing is recorded.",
        "DebugRuleConfigurations": "Shown; no rule is evaluated.",
        "ProfilerConfig": "Shown; nothing is profiled.",
        "ProfilerRuleConfigurations": "Shown; no rule is evaluated.",
        "ExperimentConfig": "Shown; no trial component is made.",
        "RetryStrategy": "Shown; no instance fails, so nothing is tried again.",
        "RemoteDebugConfig": "Shown; nobody can connect.",
        "InfraCheckConfig": "Shown; there are no instances to check.",
    },
    "CreateTransformJob": {
        "TransformResources": "The serving app runs in this process, whatever the instances.",
        "MaxConcurrentTransforms": "Requests go one after the other.",
        "ModelClientConfig": "A model that fails is not asked again.",
        "Environment": "The model's variables are not set, as behind an endpoint.",
        "ExperimentConfig": "Shown; no trial component is made.",
    },
    "CreateHyperParameterTuningJob": {
        "HyperParameterTuningJobConfig": "Bayesian search draws as Random does, and learns "
        "nothing; TrainingJobEarlyStoppingType is shown and stops nothing.",
    },
    "CreatePipeline": {
        "RoleArn": "No role is assumed.",
        "ParallelismConfiguration": "Shown; steps run one after the other. When one fails, those "
        "that AWS would have begun beside it still run.",
        "PipelineDefinition": "Carried out, but that the IntervalSeconds of a RetryPolicy are not "
        "waited for and the experiment of PipelineExperimentConfig is shown and not made.",
    },
    "StartPipelineExecution": {
        "RoleArn": "No role is assumed.",
    },
    "CreateProject": {
        "ServiceCatalogProvisioningDetails": "No product is provisioned.",
        "TemplateProviders": "No template is provisioned.",
    },
    "UpdateProject": {
        "ServiceCatalogProvisioningUpdateDetails": "No product is provisioned.",
        "TemplateProvidersToUpdate": "No template is provisioned.",
    },
    "CreateModelPackage": {
        "SkipModelValidation": "Nothing is validated or run; a package is complete at once.",
        "ValidationSpecification": "Shown; no batch transform tries the package out.",
        "SecurityConfig": "Nothing is encrypted.",
        "ModelCard": "Its content must be JSON; it is not held against the schema of a card. So it "
        "is with CreateModelCard.",
        "ManagedStorageType": "The artifacts stay where they are.",
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
