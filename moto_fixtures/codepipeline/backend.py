"""CodePipeline's pipelines and executions of one account and region."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.codepipeline import urls
from moto.codepipeline.models import CodePipelineBackend
from moto.core.utils import utcnow

from moto_fixtures import checkout
from moto_fixtures.codepipeline import declaration, stages
from moto_fixtures.codepipeline.declaration import REPOSITORIES, type_of
from moto_fixtures.codepipeline.errors import (
    CodePipelineError,
    NotSimulatedError,
    PipelineExecutionNotFoundException,
    PipelineNotFoundException,
)
from moto_fixtures.codepipeline.executions import FAILED, IN_PROGRESS, SUCCEEDED, Execution
from moto_fixtures.codepipeline.stages import Pipeline

USER = "arn:aws:iam::{account}:user/offline"


class Backend(CodePipelineBackend):
    """As moto's, with executions that run."""

    _url_module = urls
    """moto derives this from the class's module; ours lies elsewhere."""
    pipelines: dict[str, Any]

    def create_pipeline(
        self, pipeline: dict[str, Any], tags: list[dict[str, str]]
    ) -> tuple[dict[str, Any], list[dict[str, str]]]:
        declaration.check(pipeline)
        made: tuple[dict[str, Any], list[dict[str, str]]] = super().create_pipeline(pipeline, tags)
        plain = self.pipelines[pipeline["name"]]
        ours = Pipeline(self.account_id, self.region_name, pipeline)
        ours.tags = plain.tags
        self.pipelines[pipeline["name"]] = ours
        return made

    def update_pipeline(self, pipeline: dict[str, Any]) -> dict[str, Any]:
        declaration.check(pipeline)
        return dict(super().update_pipeline(pipeline))

    def pipeline(self, name: str) -> Pipeline:
        found: Pipeline | None = self.pipelines.get(name)
        if found is None:
            raise PipelineNotFoundException(
                f"Account '{self.account_id}' does not have a pipeline with name '{name}'"
            )
        return found

    def execution(self, name: str, run_id: str) -> Execution:
        found = self.pipeline(name).runs.get(run_id)
        if found is None:
            raise PipelineExecutionNotFoundException(
                f"Account '{self.account_id}' does not have an execution with id '{run_id}' "
                f"for pipeline '{name}'"
            )
        return found

    def stage(self, pipeline: Pipeline, name: str) -> Mapping[str, Any]:
        for stage in pipeline.pipeline["stages"]:
            if stage["name"] == name:
                return dict(stage)
        raise CodePipelineError(
            "StageNotFoundException",
            f"Stage '{name}' does not exist in pipeline '{pipeline.pipeline['name']}'",
        )

    def start(
        self, name: str, variables: list[dict[str, str]], trigger: str = "StartPipelineExecution"
    ) -> Execution:
        """Begin an execution of the pipeline as it is now."""
        pipeline = self.pipeline(name)
        _check_repositories(pipeline.pipeline)
        execution = Execution(
            pipeline=pipeline.pipeline,
            given=_given(pipeline.pipeline, variables),
            trigger={"triggerType": trigger, "triggerDetail": self.user},
        )
        pipeline.runs[execution.run_id] = execution
        stages.set_off(pipeline, execution)
        return execution

    @property
    def user(self) -> str:
        return USER.format(account=self.account_id)

    def approve(self, request: Mapping[str, Any]) -> Any:
        """Give or refuse the approval an action waits for; the moment it was given."""
        pipeline = self.pipeline(request["pipelineName"])
        stage = self.stage(pipeline, request["stageName"])
        if all(one["name"] != request["actionName"] for one in stage["actions"]):
            raise CodePipelineError(
                "ActionNotFoundException", f"Action '{request['actionName']}' does not exist"
            )
        execution = pipeline.latest.get(request["stageName"])
        run = execution.current.get(request["actionName"]) if execution else None
        if execution is None or run is None or run.status != IN_PROGRESS:
            raise CodePipelineError(
                "ApprovalAlreadyCompletedException",
                "The approval action has already been completed",
            )
        if run.token != request["token"]:
            raise CodePipelineError(
                "InvalidApprovalTokenException", "The approval token is invalid"
            )
        result = request["result"]
        status = SUCCEEDED if result["status"] == "Approved" else FAILED
        run.updated_by = self.user
        run.end(status, result["summary"])
        if status == FAILED:
            run.error = {"code": "Rejected", "message": result["summary"]}
        stages.go_on(pipeline, execution)
        return utcnow()

    def switch_transition(self, request: Mapping[str, Any], *, enabled: bool) -> None:
        """Open or close the way into a stage."""
        pipeline = self.pipeline(request["pipelineName"])
        self.stage(pipeline, request["stageName"])
        if request["transitionType"] != "Inbound":
            kind = request["transitionType"]
            raise NotSimulatedError(f"transitionType {kind}", "Disable the next stage's Inbound.")
        reason = {} if enabled else {"disabledReason": request["reason"]}
        pipeline.transitions[request["stageName"]] = {
            "enabled": enabled,
            "lastChangedBy": self.user,
            "lastChangedAt": utcnow(),
            **reason,
        }
        if enabled:
            stages.admit(pipeline, request["stageName"])

    def retry(self, request: Mapping[str, Any]) -> Execution:
        """Run a failed stage of an execution again."""
        name, run_id = request["pipelineName"], request["pipelineExecutionId"]
        pipeline, execution = self.pipeline(name), self.execution(name, run_id)
        self.stage(pipeline, request["stageName"])
        if execution.stages.get(request["stageName"]) != FAILED:
            raise CodePipelineError(
                "StageNotRetryableException",
                f"Stage '{request['stageName']}' of execution {run_id} has not failed",
            )
        if pipeline.latest.get(request["stageName"]) is not execution:
            raise CodePipelineError(
                "NotLatestPipelineExecutionException",
                f"Execution {run_id} is not the latest in stage '{request['stageName']}'",
            )
        stages.retry(pipeline, execution, everything=request["retryMode"] == "ALL_ACTIONS")
        return execution

    def stop(self, request: Mapping[str, Any]) -> Execution:
        """Stop an execution."""
        name, run_id = request["pipelineName"], request["pipelineExecutionId"]
        pipeline, execution = self.pipeline(name), self.execution(name, run_id)
        if execution.status == "Stopping" and not request.get("abandon"):
            raise CodePipelineError("DuplicatedStopRequestException", f"{run_id} is stopping")
        if execution.status not in (IN_PROGRESS, "Stopping"):
            raise CodePipelineError(
                "PipelineExecutionNotStoppableException", f"{run_id} is {execution.status}"
            )
        stages.stop(
            pipeline, execution, request.get("reason", ""), abandon=bool(request.get("abandon"))
        )
        return execution


def _check_repositories(pipeline: Mapping[str, Any]) -> None:
    for _, action in declaration.actions(pipeline):
        member = REPOSITORIES.get(type_of(action))
        name = action["configuration"].get(member, "") if member else ""
        if member and checkout.registered(name) is None:
            raise NotSimulatedError(
                f"source {type_of(action)[2]} {name}",
                "Register a checkout of it on this machine, or use S3 as the source.",
            )


def _given(pipeline: Mapping[str, Any], variables: list[dict[str, str]]) -> dict[str, str]:
    """The pipeline's variables: their defaults, and what the start said of them."""
    declared = {one["name"]: one.get("defaultValue") for one in pipeline.get("variables") or ()}
    given = {one["name"]: one["value"] for one in variables}
    if unknown := sorted(set(given) - set(declared)):
        raise CodePipelineError("ValidationException", f"No variables {unknown} are declared")
    found = {**declared, **given}
    if missing := sorted(name for name, value in found.items() if value is None):
        raise CodePipelineError("ValidationException", f"Variables {missing} have no value")
    return {name: str(value) for name, value in found.items()}
