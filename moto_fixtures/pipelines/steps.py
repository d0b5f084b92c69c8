"""One step of an execution: its request, what carries it out, what it leaves for others.

Needs     a step all of whose predecessors have succeeded
Writes    its record: status, metadata, properties, failure reason

A RegisterModel step makes the model package group it names when there is none, as the
service does for a pipeline.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError
from moto.core.utils import utcnow

from moto_fixtures.clients import client
from moto_fixtures.pipelines import caching, checks, conditions, jobs
from moto_fixtures.pipelines.definition import Step
from moto_fixtures.pipelines.expressions import ExpressionError, at, resolve
from moto_fixtures.pipelines.jobs import JOB_TYPES, StepFailed, StepStopped
from moto_fixtures.pipelines.state import (
    FAILED,
    STOPPED,
    SUCCEEDED,
    Document,
    Execution,
    StepRun,
    job_name,
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at a step: the scope of its expressions, and the clients it uses."""

    execution: Execution
    step: Step
    run: StepRun
    region: str
    account: str
    job_name: str

    @property
    def sagemaker(self) -> Any:
        return client("sagemaker", self.region, self.account)

    def parameter(self, name: str) -> Any:
        return self.execution.parameters[name]

    def variable(self, name: str) -> Any:
        execution = self.execution
        return {
            "PipelineName": execution.pipeline.name,
            "PipelineArn": execution.pipeline.arn,
            "PipelineExecutionId": execution.id,
            "PipelineExecutionArn": execution.arn,
            "StartDateTime": f"{execution.started.isoformat(timespec='milliseconds')}Z",
            "CurrentDateTime": f"{utcnow().isoformat(timespec='milliseconds')}Z",
            "TrainingJobName": self.job_name,
            "ProcessingJobName": self.job_name,
        }[name]

    def properties(self, step: str) -> Mapping[str, Any]:
        run = self.execution.steps.get(step)
        if run is None or run.status != SUCCEEDED:
            raise ExpressionError(f"Step {step} has not succeeded, so it has no properties.")
        return run.properties

    def property_file(self, step: str, name: str) -> str:
        declared = self.execution.version.definition.steps[step].property_files[name]
        output = at(
            self.properties(step),
            f"ProcessingOutputConfig.Outputs['{declared['OutputName']}'].S3Output.S3Uri",
            f"Steps.{step}",
        )
        return f"{str(output).rstrip('/')}/{declared['FilePath']}"

    def put(self, uri: str, body: bytes) -> None:
        """Write an object."""
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        s3 = client("s3", self.region, self.account)
        _called(s3.put_object, {"Bucket": bucket, "Key": key, "Body": body})

    def document(self, uri: str) -> Any:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        s3 = client("s3", self.region, self.account)
        try:
            return json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        except ClientError as error:
            raise ExpressionError(
                f"The property file {uri} cannot be read: {error.response['Error']['Message']}"
            ) from error
        except ValueError as error:
            raise ExpressionError(f"The property file {uri} is no JSON: {error}") from error


def carry_out(execution: Execution, step: Step, run: StepRun, region: str, account: str) -> None:
    """Run a step to its end, with as many attempts as its policies allow."""
    try:
        while True:
            name = job_name(execution, step.name, _longest(step.type))
            attempt = Attempt(execution, step, run, region, account, name)
            try:
                _attempt(attempt)
                run.end(SUCCEEDED)
                return
            except StepFailed as failure:
                if not jobs.is_retried(failure, step.document.get("RetryPolicies"), run):
                    raise
                run.attempts += 1
    except StepStopped:
        run.end(STOPPED)
    except StepFailed as failure:
        run.end(FAILED, str(failure))
    except ExpressionError as error:
        run.end(FAILED, f"ClientError: {error}")


def _attempt(attempt: Attempt) -> None:
    run, resolved = attempt.run, resolve(attempt.step.expressions, attempt)
    run.cache_key = caching.key(attempt.step.type, resolved)
    if run.cache_key is not None:
        taken = caching.found(attempt.execution, run, resolved["CacheConfig"])
        if taken is not None:
            source, earlier = taken
            run.cached_from = source.arn
            run.metadata, run.properties = earlier.metadata, earlier.properties
            return
    HANDLERS[attempt.step.type](attempt, resolved)


def _job(attempt: Attempt, resolved: Document) -> None:
    kind = JOB_TYPES[attempt.step.type]
    request = {kind.name: attempt.job_name, **resolved["Arguments"]}
    attempt.run.properties = jobs.run(
        attempt.sagemaker, kind, request, attempt.execution, attempt.run
    )


def _tuning(attempt: Attempt, resolved: Document) -> None:
    """As any job; the training jobs, the best first, are properties too."""
    _job(attempt, resolved)
    found = attempt.run.properties
    objective = found["HyperParameterTuningJobConfig"].get("HyperParameterTuningJobObjective", {})
    listed = _called(
        attempt.sagemaker.list_training_jobs_for_hyper_parameter_tuning_job,
        {
            "HyperParameterTuningJobName": found["HyperParameterTuningJobName"],
            "SortBy": "FinalObjectiveMetricValue",
            "SortOrder": "Descending" if objective.get("Type") == "Maximize" else "Ascending",
            "MaxResults": 100,
        },
    )
    found["TrainingJobSummaries"] = listed["TrainingJobSummaries"]


def _model(attempt: Attempt, resolved: Document) -> None:
    request = {"ModelName": attempt.job_name, **resolved["Arguments"]}
    made = _called(attempt.sagemaker.create_model, request)
    attempt.run.metadata = {"Model": {"Arn": made["ModelArn"]}}
    attempt.run.properties = _called(
        attempt.sagemaker.describe_model, {"ModelName": request["ModelName"]}
    )


def _register_model(attempt: Attempt, resolved: Document) -> None:
    sagemaker, request = attempt.sagemaker, resolved["Arguments"]
    group = request.get("ModelPackageGroupName")
    if group:
        try:
            sagemaker.describe_model_package_group(ModelPackageGroupName=group)
        except ClientError:
            name = str(group).rsplit("/", 1)[-1]
            _called(sagemaker.create_model_package_group, {"ModelPackageGroupName": name})
    arn = _called(sagemaker.create_model_package, request)["ModelPackageArn"]
    attempt.run.metadata = {"RegisterModel": {"Arn": arn}}
    attempt.run.properties = _called(sagemaker.describe_model_package, {"ModelPackageName": arn})


def _condition(attempt: Attempt, resolved: Document) -> None:
    outcome = str(conditions.hold(resolved["Arguments"]["Conditions"]))
    attempt.run.metadata = {"Condition": {"Outcome": outcome}}
    attempt.run.properties = {"Outcome": outcome}


def _fail(attempt: Attempt, resolved: Document) -> None:
    message = str(resolved["Arguments"]["ErrorMessage"])
    attempt.run.metadata = {"Fail": {"ErrorMessage": message}}
    raise StepFailed(message)


def _check(attempt: Attempt, resolved: Document) -> None:
    checks.run(
        checks.Check(
            attempt.sagemaker,
            attempt.execution,
            attempt.run,
            resolved,
            attempt.document,
            attempt.put,
        )
    )


HANDLERS: Mapping[str, Callable[[Attempt, Document], None]] = {
    "Processing": _job,
    "Training": _job,
    "Transform": _job,
    "Tuning": _tuning,
    "Model": _model,
    "RegisterModel": _register_model,
    "Condition": _condition,
    "Fail": _fail,
    "QualityCheck": _check,
    "ClarifyCheck": _check,
}
"""Type of step → what carries it out."""


def _called(method: Callable[..., Any], request: Mapping[str, Any]) -> Document:
    """What a call answers; a refusal fails the step."""
    try:
        answer = dict(method(**request))
    except (ClientError, ParamValidationError) as error:
        raise jobs.refused(error) from error
    del answer["ResponseMetadata"]
    return answer


def _longest(kind: str) -> int:
    return JOB_TYPES[kind].longest if kind in JOB_TYPES else 63
