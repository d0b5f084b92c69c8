"""Where the offline AWS answers otherwise than moto as it is, each with why.

`tests/moto_fixtures/test_stock.py` plays the same calls to both; what differs and does not
stand here fails it, and so does a row by which nothing differs any more. docs/offline-aws.md
is generated from these rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

MESSAGE, ERROR = "message", "error"
"""What differs where both or one of them refuse: only the words, or whether and by which code."""
Calls = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Mend:
    """One reason for which calls are answered differently."""

    subject: str
    stock: str
    """What moto as it is does."""
    here: str
    calls: Calls
    """Action → members of the answer that differ, or MESSAGE or ERROR."""


def _each(what: str, *actions: str) -> dict[str, tuple[str, ...]]:
    """The same difference in several of SageMaker's actions."""
    return {f"sagemaker:{action}": (what,) for action in actions}


DEFINITIONS = ("DataQuality", "ModelQuality", "ModelBias", "ModelExplainability")
JOBS = ("ProcessingJob", "TrainingJob", "TransformJob")
EXECUTION = ("DescribePipelineExecution", "DescribePipelineDefinitionForExecution",
             "ListPipelineParametersForExecution")  # fmt: skip

MENDS: tuple[Mend, ...] = (
    Mend(
        "words of a refusal",
        "words of its own",
        "AWS's, with the ARN; the code is the same",
        {
            "cloudwatch:SetAlarmState": (MESSAGE,),
            **_each(
                MESSAGE,
                *(f"{verb}{one}JobDefinition" for one in DEFINITIONS
                  for verb in ("Describe", "Delete")),
                "CreateModelQualityJobDefinition", "CreateModelExplainabilityJobDefinition",
                "CreateHyperParameterTuningJob", "DescribeHyperParameterTuningJob",
                "DeleteHyperParameterTuningJob", "CreateModelCard", "DescribeModelCard",
                "UpdateModelCard", "DeleteModelCard", "ListModelCardVersions", "CreatePipeline",
                "DescribeEndpoint", "DeleteEndpoint",
            ),
        },
    ),
    Mend(
        "a resource that is not there",
        "`ValidationException`; for tags Python's AttributeError, status 500",
        "`ResourceNotFound`, as AWS's model names it; for tags `ValidationException`",
        _each(
            ERROR,
            *(f"Describe{one}" for one in JOBS), "StopProcessingJob", "DescribePipeline",
            "UpdatePipeline", "DeletePipeline", "StartPipelineExecution", "ListPipelineExecutions",
            *EXECUTION, "ListTags", "DeleteTags",
        ),
    ),
    Mend(
        "a name that is taken",
        "what was there is overwritten without a word",
        "refused",
        _each(
            ERROR,
            "CreateModel", "CreateEndpointConfig", "CreateEndpoint", "CreateModelPackageGroup",
            "CreateDataQualityJobDefinition", "CreateModelBiasJobDefinition",
            *(f"Create{one}" for one in JOBS),
        ),
    ),
    Mend(
        "members that nobody set",
        "empty objects, empty texts, `false`, a `fake-user-profile-name`",
        "left out, as AWS leaves them out",
        {
            "sagemaker:DescribeDataQualityJobDefinition":
                ("DataQualityBaselineConfig", "NetworkConfig", "StoppingCondition"),
            "sagemaker:DescribeModelBiasJobDefinition":
                ("ModelBiasBaselineConfig", "NetworkConfig", "StoppingCondition"),
            "sagemaker:DescribeModel": ("Containers", "EnableNetworkIsolation", "VpcConfig"),
            "sagemaker:DescribeEndpointConfig": ("DataCaptureConfig",),
            "sagemaker:DescribeEndpoint": ("DataCaptureConfig",),
            "sagemaker:DescribeModelPackage":
                ("CertifyForMarketplace", "CreatedBy", "LastModifiedBy"),
            "sagemaker:DescribeModelCard": ("LastModifiedBy",),
            "sagemaker:DescribePipeline": ("CreatedBy", "LastModifiedBy"),
            "sagemaker:DescribePipelineExecution":
                ("CreatedBy", "LastModifiedBy", "PipelineExperimentConfig"),
            "sagemaker:DescribeTrainingJob":
                ("EnableInterContainerTrafficEncryption", "EnableManagedSpotTraining",
                 "EnableNetworkIsolation"),
            "sagemaker:DescribeTransformJob": ("LabelingJobArn",),
            "sagemaker:Search": ("Results",),
        },
    ),
    Mend(
        "the endpoint of a definition in its list",
        "the text `EndpointName`",
        "its name",
        {"sagemaker:ListDataQualityJobDefinitions": ("JobDefinitionSummaries",)},
    ),
    Mend(
        "an endpoint",
        "`InService`, whatever its model is",
        "its model is loaded; one that does not load is `Failed`, with why, and has no fleet",
        {
            "sagemaker:DescribeEndpoint": ("EndpointStatus", "FailureReason", "ProductionVariants"),
            "sagemaker:ListEndpoints": ("Endpoints",),
            "sagemaker:UpdateEndpointWeightsAndCapacities": (ERROR,),
        },
    ),
    Mend(
        "processing, training and transform jobs",
        "`Completed` (`Stopped`, when asked to stop) though nothing ran, with figures made up",
        "they run; status, times, metrics and failures are those of the run",
        {
            "sagemaker:DescribeProcessingJob":
                ("ProcessingJobStatus", "ProcessingResources", "ProcessingStartTime"),
            "sagemaker:ListProcessingJobs": ("ProcessingJobSummaries",),
            "sagemaker:DescribeTrainingJob":
                ("AlgorithmSpecification", "BillableTimeInSeconds", "FinalMetricDataList",
                 "SecondaryStatusTransitions", "TrainingTimeInSeconds"),
            "sagemaker:ListTrainingJobs": ("TrainingJobSummaries",),
            "sagemaker:DescribeTransformJob": ("FailureReason", "TransformJobStatus"),
            "sagemaker:ListTransformJobs": ("TransformJobSummaries",),
            "sagemaker:Search": ("Results",),
            "cloudwatch:ListMetrics": ("Metrics",),
        },
    ),
    Mend(
        "deleting a training job, a model package",
        "no such action, or the package stays",
        "it goes, and so do its tags",
        {
            **_each(ERROR, "DescribeTrainingJob", "DescribeModelPackage", "ListTags"),
            "sagemaker:ListTrainingJobs": ("TrainingJobSummaries",),
        },
    ),
    Mend(
        "tuning jobs",
        "`Completed`, its best job a `FakeTrainingJobName` of `Acccuracy` 1.0",
        "training jobs run; the best of them is told",
        {
            "sagemaker:DescribeHyperParameterTuningJob":
                ("BestTrainingJob", "ConsumedResources", "FailureReason",
                 "OverallBestTrainingJob", "TuningJobCompletionDetails"),
            "sagemaker:ListTrainingJobs": ("TrainingJobSummaries",),
            "cloudwatch:ListMetrics": ("Metrics",),
        },
    ),
    Mend(
        "compilation and AutoML jobs",
        "`COMPLETED` or under way though nothing runs",
        "refused, so there are none to read, stop or delete",
        {
            **_each(
                ERROR,
                "CreateCompilationJob", "DescribeCompilationJob", "DeleteCompilationJob",
                "CreateAutoMLJobV2", "DescribeAutoMLJobV2", "StopAutoMLJob",
            ),
            "sagemaker:ListCompilationJobs": ("CompilationJobSummaries",),
            "sagemaker:ListAutoMLJobs": ("AutoMLJobSummaries",),
        },
    ),
    Mend(
        "a model package",
        "no approval status; a validation and an image scan that never took place",
        "`PendingManualApproval`; neither",
        {"sagemaker:DescribeModelPackage": ("ModelApprovalStatus", "ModelPackageStatusDetails")},
    ),
    Mend(
        "a model card whose status alone changes",
        "another version, without the content",
        "the same version; another content makes another",
        {
            "sagemaker:DescribeModelCard": ("Content", "ModelCardVersion"),
            "sagemaker:ListModelCardVersions": ("ModelCardVersionSummaryList",),
        },
    ),
    Mend(
        "a pipeline's execution",
        "`Succeeded`, whatever its steps are",
        "its steps run; versions, names and reasons are told",
        {
            "sagemaker:DescribePipelineExecution":
                ("FailureReason", "PipelineExecutionDisplayName", "PipelineExecutionStatus",
                 "PipelineVersionId", "RoleArn"),
            "sagemaker:ListPipelineExecutions": ("PipelineExecutionSummaries",),
            "sagemaker:ListPipelineParametersForExecution": ("PipelineParameters",),
            "sagemaker:UpdatePipeline": ("PipelineVersionId",),
            "sagemaker:Search": ("Results",),
        },
    ),
    Mend(
        "a new alarm",
        "`OK`, with empty `Metrics` and `StateReasonData`",
        "`INSUFFICIENT_DATA` until it is evaluated; what nobody set is left out",
        {
            "cloudwatch:DescribeAlarms": ("MetricAlarms",),
            "cloudwatch:DescribeAlarmsForMetric": ("MetricAlarms",),
        },
    ),
    Mend(
        "changes of state, as events",
        "none",
        "SageMaker and CloudWatch put them on the default bus, so an archive of it holds them",
        {
            "events:DescribeArchive": ("EventCount", "SizeBytes"),
            "events:ListArchives": ("Archives",),
        },
    ),
    Mend(
        "TestEventPattern",
        "no answer",
        "whether the event matches",
        {"events:TestEventPattern": ("Result",)},
    ),
)  # fmt: skip


def listed() -> set[tuple[str, str]]:
    """Every difference that has a row: action and what differs.

    >>> ("events:TestEventPattern", "Result") in listed()
    True
    """
    return {
        (action, what) for mend in MENDS for action, members in mend.calls.items()
        for what in members
    }  # fmt: skip
