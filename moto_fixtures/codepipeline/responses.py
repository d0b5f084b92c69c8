"""The actions of CodePipeline's API: every request validated, what is missing refused by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from moto.codepipeline.models import codepipeline_backends
from moto.codepipeline.responses import CodePipelineResponse
from moto.core.responses import ActionResult, EmptyResult

from moto_fixtures.checked_actions import CheckedActions
from moto_fixtures.codepipeline import views
from moto_fixtures.codepipeline.backend import Backend
from moto_fixtures.codepipeline.errors import CodePipelineError, NotSimulatedError

PAGE = 100


class Response(CheckedActions, CodePipelineResponse):
    """moto's actions, ours before them."""

    @property
    def backend(self) -> Backend:
        found: Backend = codepipeline_backends[self.current_account][self.region]
        return found

    def invalid(self, message: str) -> CodePipelineError:
        return CodePipelineError("ValidationException", message)

    def start_pipeline_execution(self) -> ActionResult:
        if self.params.get("sourceRevisions"):
            raise NotSimulatedError("sourceRevisions", "Sources are taken as they are.")
        begun = self.backend.start(self.params["name"], self.params.get("variables") or [])
        return ActionResult({"pipelineExecutionId": begun.run_id})

    def stop_pipeline_execution(self) -> ActionResult:
        return ActionResult({"pipelineExecutionId": self.backend.stop(self.params).run_id})

    def retry_stage_execution(self) -> ActionResult:
        return ActionResult({"pipelineExecutionId": self.backend.retry(self.params).run_id})

    def get_pipeline_execution(self) -> ActionResult:
        found = self.backend.execution(
            self.params["pipelineName"], self.params["pipelineExecutionId"]
        )
        return ActionResult({"pipelineExecution": views.execution(found)})

    def list_pipeline_executions(self) -> ActionResult:
        if self.params.get("filter"):
            raise NotSimulatedError("filter of ListPipelineExecutions")
        runs = list(self.backend.pipeline(self.params["pipelineName"]).runs.values())
        return self._page(
            "pipelineExecutionSummaries", [views.summary(one) for one in reversed(runs)]
        )

    def get_pipeline_state(self) -> ActionResult:
        return ActionResult(views.state(self.backend.pipeline(self.params["name"])))

    def list_action_executions(self) -> ActionResult:
        asked = self.params.get("filter") or {}
        if asked.get("latestInPipelineExecution"):
            raise NotSimulatedError("filter.latestInPipelineExecution of ListActionExecutions")
        pipeline = self.backend.pipeline(self.params["pipelineName"])
        wanted = asked.get("pipelineExecutionId")
        runs = [pipeline.runs[wanted]] if wanted in pipeline.runs else []
        if wanted and not runs:
            self.backend.execution(self.params["pipelineName"], wanted)
        found = [
            views.action_detail(one, run)
            for one in (runs or pipeline.runs.values())
            for run in one.history
        ]
        found.sort(key=lambda one: one["startTime"], reverse=True)
        return self._page("actionExecutionDetails", found)

    def put_approval_result(self) -> ActionResult:
        return ActionResult({"approvedAt": self.backend.approve(self.params)})

    def enable_stage_transition(self) -> EmptyResult:
        self.backend.switch_transition(self.params, enabled=True)
        return EmptyResult()

    def disable_stage_transition(self) -> EmptyResult:
        self.backend.switch_transition(self.params, enabled=False)
        return EmptyResult()

    def _page(self, member: str, found: Sequence[Any]) -> ActionResult:
        """A page's token is where the next begins."""
        token = self.params.get("nextToken") or "0"
        if not token.isdecimal():
            raise CodePipelineError("InvalidNextTokenException", "The next token is invalid")
        start = int(token)
        end = start + (self.params.get("maxResults") or PAGE)
        more = {"nextToken": str(end)} if end < len(found) else {}
        return ActionResult({member: found[start:end], **more})
