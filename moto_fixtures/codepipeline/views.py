"""Pipelines and executions as the API shows them."""

from __future__ import annotations

from typing import Any

from moto_fixtures.codepipeline.executions import ActionRun, Execution
from moto_fixtures.codepipeline.stages import Pipeline


def execution(found: Execution) -> dict[str, Any]:
    """As GetPipelineExecution shows it."""
    revisions = [
        {"name": artifact.name, "revisionId": run.revision}
        for run in found.history
        if run.revision
        for artifact in run.outputs
    ]
    return {
        "pipelineName": found.name,
        "pipelineVersion": found.pipeline["version"],
        "pipelineExecutionId": found.run_id,
        "status": found.status,
        "statusSummary": found.summary,
        "artifactRevisions": revisions,
        "variables": [
            {"name": name, "resolvedValue": value} for name, value in found.given.items()
        ],
        "trigger": found.trigger,
        "executionMode": "SUPERSEDED",
        "executionType": "STANDARD",
    }


def summary(found: Execution) -> dict[str, Any]:
    """As ListPipelineExecutions shows it."""
    return {
        "pipelineExecutionId": found.run_id,
        "status": found.status,
        "statusSummary": found.summary,
        "startTime": found.started,
        "lastUpdateTime": found.updated,
        "sourceRevisions": [
            {"actionName": run.action["name"], "revisionId": run.revision}
            for run in found.history
            if run.revision
        ],
        "trigger": found.trigger,
        "executionMode": "SUPERSEDED",
        "executionType": "STANDARD",
        **({"stopTrigger": {"reason": found.stop}} if found.stop else {}),
    }


def state(pipeline: Pipeline) -> dict[str, Any]:
    """As GetPipelineState shows it."""
    declared = pipeline.pipeline
    return {
        "pipelineName": declared["name"],
        "pipelineVersion": declared["version"],
        "stageStates": [_stage(pipeline, stage) for stage in declared["stages"]],
        "created": pipeline._created,
        "updated": pipeline._updated,
    }


def _stage(pipeline: Pipeline, declared: dict[str, Any]) -> dict[str, Any]:
    name = declared["name"]
    shown: dict[str, Any] = {
        "stageName": name,
        "inboundTransitionState": pipeline.transitions.get(name, {"enabled": True}),
        "actionStates": [],
    }
    waiting = [
        {"pipelineExecutionId": one.run_id, "status": one.status}
        for one in pipeline.runs.values()
        if one.is_waiting and one.stage_name == name
    ]
    if waiting:
        shown |= {"inboundExecution": waiting[0], "inboundExecutions": waiting}
    latest = pipeline.latest.get(name)
    if latest:
        status = latest.stages[name]
        shown["latestExecution"] = {"pipelineExecutionId": latest.run_id, "status": status}
    for action in declared["actions"]:
        runs = [
            run
            for run in (latest.history if latest else ())
            if (run.stage, run.action["name"]) == (name, action["name"])
        ]
        last = {"latestExecution": _action(runs[-1])} if runs else {}
        shown["actionStates"].append({"actionName": action["name"], **last})
    return shown


def _action(run: ActionRun) -> dict[str, Any]:
    told = {
        "actionExecutionId": run.run_id,
        "status": run.status,
        "summary": run.summary,
        "lastStatusChange": run.updated,
        "token": run.token,
        "externalExecutionId": run.external_id,
        "errorDetails": run.error,
        "lastUpdatedBy": run.updated_by,
    }
    return {member: value for member, value in told.items() if value}


def action_detail(found: Execution, run: ActionRun) -> dict[str, Any]:
    """As ListActionExecutions shows it."""
    result = {"externalExecutionId": run.external_id, "externalExecutionSummary": run.summary}
    return {
        "pipelineExecutionId": found.run_id,
        "actionExecutionId": run.run_id,
        "pipelineVersion": run.version,
        "stageName": run.stage,
        "actionName": run.action["name"],
        "startTime": run.started,
        "lastUpdateTime": run.updated,
        "status": run.status,
        "input": {
            "actionTypeId": run.action["actionTypeId"],
            "configuration": run.action.get("configuration") or {},
            "resolvedConfiguration": run.configuration,
            "inputArtifacts": [one.described for one in run.inputs],
            "namespace": run.action.get("namespace", ""),
        },
        "output": {
            "outputArtifacts": [one.described for one in run.outputs],
            "executionResult": {**result, **({"errorDetails": run.error} if run.error else {})},
            "outputVariables": run.variables,
        },
    }
