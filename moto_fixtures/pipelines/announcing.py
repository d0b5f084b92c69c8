"""The events EventBridge gets of an execution and of its steps.

Needs     an execution, and what its status, or a step's, was before
Gives     one event on the default bus per change, as AWS's guide shows them
          (docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html)

The names inside `metadata` begin with a small letter there, unlike those of the API.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from moto_fixtures import events
from moto_fixtures.pipelines.state import Document, Execution, StepRun, present

EXECUTION = "SageMaker Model Building Pipeline Execution Status Change"
STEP = "SageMaker Model Building Pipeline Execution Step Status Change"


def execution_changed(execution: Execution, before: str | None, region: str, account: str) -> None:
    """Say that an execution has another status; `before` is None when it has just begun."""
    is_over = execution.failure_reason is not None or execution.status == "Succeeded"
    detail = {
        "pipelineExecutionDisplayName": execution.display_name,
        "pipelineExecutionDescription": execution.request.get("PipelineExecutionDescription"),
        "previousPipelineExecutionStatus": before,
        "currentPipelineExecutionStatus": execution.status,
        "executionStartTime": _time(execution.started),
        "executionEndTime": _time(execution.modified) if is_over else None,
    }
    _emit(EXECUTION, execution, detail, region, account)


def step_changed(
    execution: Execution, step: StepRun, before: str | None, region: str, account: str
) -> None:
    """Say that a step has another status; `before` is None when it has just begun."""
    detail = {
        "metadata": _small(step.metadata),
        "stepName": step.name,
        "stepType": step.type,
        "stepStartTime": _time(step.started),
        "stepEndTime": _time(step.ended) if step.ended else None,
        "previousStepStatus": before,
        "currentStepStatus": step.status,
        "failureReason": step.failure_reason,
    }
    _emit(STEP, execution, detail, region, account)


def _emit(kind: str, execution: Execution, detail: Document, region: str, account: str) -> None:
    arns = {"pipelineArn": execution.pipeline.arn, "pipelineExecutionArn": execution.arn}
    events.emit(
        kind, present({**detail, **arns}), list(arns.values()), region=region, account=account
    )


def _small(value: Any) -> Any:
    """Members named as in the events.

    >>> _small({"ProcessingJob": {"Arn": "arn:…"}})
    {'processingJob': {'arn': 'arn:…'}}
    """
    if isinstance(value, dict):
        return {name[0].lower() + name[1:]: _small(member) for name, member in value.items()}
    return value


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
