"""Pipelines: made, changed in versions, and executed.

An execution is Executing when StartPipelineExecution answers; `moto_fixtures.pipelines` runs
its steps beside the calls. Deleting a pipeline takes its executions along, as AWS does.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError
from moto.core.responses import ActionResult
from moto.core.utils import utcnow

from moto_fixtures.clients import client
from moto_fixtures.pipelines import definition, parameters, running
from moto_fixtures.pipelines.state import (
    EXECUTING,
    FAILED,
    STOPPED,
    STOPPING,
    SUCCEEDED,
    Execution,
    Pipeline,
    StepRun,
    Version,
)
from moto_fixtures.sagemaker.backend import Backend
from moto_fixtures.sagemaker.errors import (
    AWSValidationException,
    ResourceNotFound,
    ServiceConflict,
)
from moto_fixtures.sagemaker.listing import Listing, page

PIPELINES = Listing(
    result="PipelineSummaries",
    sort={"CreationTime": "CreationTime", "Name": "PipelineName"},
)
EXECUTIONS = Listing(
    result="PipelineExecutionSummaries",
    sort={"CreationTime": "StartTime", "PipelineExecutionArn": "PipelineExecutionArn"},
    times=("StartTime",),
)
PAGE_SIZE = 10
KEPT = (
    "PipelineName",
    "PipelineDisplayName",
    "PipelineDescription",
    "RoleArn",
    "ParallelismConfiguration",
)
"""Members of a pipeline's requests that its description shows."""


class PipelineActions:
    """Create, describe, update, list and delete pipelines and their versions."""

    params: dict[str, Any]
    sagemaker_backend: Backend

    def create_pipeline(self) -> ActionResult:
        backend, request = self.sagemaker_backend, copy.deepcopy(self.params)
        name, now = request["PipelineName"], utcnow()
        if name in backend.pipelines:
            raise AWSValidationException(
                "Pipeline names must be unique within an AWS account and region. Pipeline with "
                f"name ({name}) already exists."
            )
        text = self._definition()
        if text is None:
            raise AWSValidationException(
                "Either PipelineDefinition or PipelineDefinitionS3Location must be given."
            )
        made = Pipeline(
            {member: request[member] for member in KEPT if member in request},
            backend.arn("pipeline", name),
            now,
            now,
            request.get("Tags", []),
        )
        made.versions.append(Version(1, text, definition.parse(text), now))
        pipelines: Any = backend.pipelines
        pipelines[name] = made
        return ActionResult({"PipelineArn": made.arn})

    def update_pipeline(self) -> ActionResult:
        """Change what is named; a definition makes a version, whether or not it differs."""
        found, text = self._pipeline(), self._definition()
        if text is not None:
            number = found.versions[-1].number + 1
            found.versions.append(Version(number, text, definition.parse(text), utcnow()))
        found.request.update({one: self.params[one] for one in KEPT[1:] if one in self.params})
        found.modified = utcnow()
        return ActionResult(
            {"PipelineArn": found.arn, "PipelineVersionId": found.versions[-1].number}
        )

    def describe_pipeline(self) -> ActionResult:
        found = self._pipeline()
        return ActionResult(found.describe(self._version(found)))

    def delete_pipeline(self) -> ActionResult:
        found = self._pipeline()
        if any(one.status in {EXECUTING, STOPPING} for one in found.executions.values()):
            raise ServiceConflict(
                f"Pipeline {found.arn} has an execution in progress; stop it or let it end."
            )
        backend = self.sagemaker_backend
        for arn in found.executions:
            del backend.pipeline_executions[arn]
        del backend.pipelines[found.name]
        return ActionResult({"PipelineArn": found.arn})

    def list_pipelines(self) -> ActionResult:
        prefix = self.params.get("PipelineNamePrefix", "")
        every: Any = self.sagemaker_backend.pipelines.values()
        summaries = [one.summary() for one in every if one.name.startswith(prefix)]
        return ActionResult(PIPELINES.answer(summaries, _by_creation(self.params, "CreationTime")))

    def list_pipeline_versions(self) -> ActionResult:
        found = self._pipeline()
        listing = Listing("PipelineVersionSummaries", {"PipelineVersionId": "PipelineVersionId"})
        summaries = [_version_summary(found, one) for one in found.versions]
        return ActionResult(listing.answer(summaries, _by_creation(self.params, "CreationTime")))

    def update_pipeline_version(self) -> ActionResult:
        name = self.params["PipelineArn"].rsplit("/", 1)[-1]
        found = _get(self.sagemaker_backend, name)
        version = self._version(found)
        version.display_name = self.params.get("PipelineVersionDisplayName", version.display_name)
        version.description = self.params.get("PipelineVersionDescription", version.description)
        return ActionResult({"PipelineArn": found.arn, "PipelineVersionId": version.number})

    def _pipeline(self) -> Pipeline:
        return _get(self.sagemaker_backend, self.params["PipelineName"].rsplit("/", 1)[-1])

    def _version(self, found: Pipeline) -> Version:
        number = self.params.get("PipelineVersionId", found.versions[-1].number)
        for one in found.versions:
            if one.number == number:
                return one
        raise ResourceNotFound(f"Pipeline {found.arn} has no version {number}.")

    def _definition(self) -> str | None:
        """The definition's text, from the request or the object it names."""
        text, place = (
            self.params.get("PipelineDefinition"),
            self.params.get("PipelineDefinitionS3Location"),
        )
        if text is not None and place is not None:
            raise AWSValidationException(
                "Only one of PipelineDefinition and PipelineDefinitionS3Location can be given."
            )
        if place is None:
            return text
        backend = self.sagemaker_backend
        request = {"Bucket": place["Bucket"], "Key": place["ObjectKey"]}
        if "VersionId" in place:
            request["VersionId"] = place["VersionId"]
        s3 = client("s3", backend.region_name, backend.account_id)
        try:
            return str(s3.get_object(**request)["Body"].read().decode())
        except ClientError as error:
            raise AWSValidationException(
                f"The pipeline definition s3://{place['Bucket']}/{place['ObjectKey']} cannot be "
                f"read: {error.response['Error']['Message']}"
            ) from error


class PipelineExecutionActions(PipelineActions):
    """Start, describe, list, stop and retry executions; list their steps and parameters."""

    def start_pipeline_execution(self) -> ActionResult:
        backend, request = self.sagemaker_backend, copy.deepcopy(self.params)
        found = self._pipeline()
        for earlier in found.executions.values():
            if earlier.request["ClientRequestToken"] == request["ClientRequestToken"]:
                return ActionResult({"PipelineExecutionArn": earlier.arn})
        version = self._version(found)
        version.definition.refuse_what_is_not_simulated()
        given = request.get("PipelineParameters", [])
        values = parameters.values(version.definition.parameters, given)
        made = Execution(found, version, request, values)
        if "SelectiveExecutionConfig" in request:
            _select(made, request["SelectiveExecutionConfig"])
        searched: Any = backend.pipeline_executions
        found.executions[made.arn] = searched[made.arn] = made
        found.last_run, version.last_execution = made.started, made.arn
        running.begin(made, backend.region_name, backend.account_id)
        return ActionResult({"PipelineExecutionArn": made.arn})

    def describe_pipeline_execution(self) -> ActionResult:
        return ActionResult(self._execution().describe())

    def update_pipeline_execution(self) -> ActionResult:
        found = self._execution()
        shown = (
            "PipelineExecutionDescription",
            "PipelineExecutionDisplayName",
            "ParallelismConfiguration",
        )
        found.request.update({one: self.params[one] for one in shown if one in self.params})
        found.modified = utcnow()
        return ActionResult({"PipelineExecutionArn": found.arn})

    def describe_pipeline_definition_for_execution(self) -> ActionResult:
        version = self._execution().version
        return ActionResult({"PipelineDefinition": version.text, "CreationTime": version.created})

    def list_pipeline_executions(self) -> ActionResult:
        summaries = [one.summary() for one in self._pipeline().executions.values()]
        return ActionResult(EXECUTIONS.answer(summaries, _by_creation(self.params, "StartTime")))

    def list_pipeline_execution_steps(self) -> ActionResult:
        """The steps that have begun, the latest first unless asked otherwise."""
        if "PipelineExecutionArn" not in self.params:
            raise AWSValidationException("PipelineExecutionArn is required.")
        steps = [one.summary() for one in list(self._execution().steps.values())]
        if self.params.get("SortOrder", "Descending") == "Descending":
            steps.reverse()
        return ActionResult(page("PipelineExecutionSteps", steps, self.params, PAGE_SIZE))

    def list_pipeline_parameters_for_execution(self) -> ActionResult:
        """Every parameter with the value this execution has for it, as text."""
        found = self._execution()
        values = [{"Name": name, "Value": str(one)} for name, one in found.parameters.items()]
        return ActionResult(page("PipelineParameters", values, self.params, PAGE_SIZE))

    def stop_pipeline_execution(self) -> ActionResult:
        found, backend = self._execution(), self.sagemaker_backend
        if found.status != EXECUTING:
            raise AWSValidationException(
                f"Only an Executing pipeline execution stops; {found.arn} is {found.status}."
            )
        running.stop(found, backend.region_name, backend.account_id)
        return ActionResult({"PipelineExecutionArn": found.arn})

    def retry_pipeline_execution(self) -> ActionResult:
        """Run what failed or was stopped, and all behind it; what succeeded stays."""
        found, backend = self._execution(), self.sagemaker_backend
        if found.status not in {FAILED, STOPPED}:
            raise AWSValidationException(
                f"Only a Failed or Stopped pipeline execution is retried; {found.arn} is "
                f"{found.status}."
            )
        if "ParallelismConfiguration" in self.params:
            found.request["ParallelismConfiguration"] = self.params["ParallelismConfiguration"]
        found.steps = {name: run for name, run in found.steps.items() if run.status == SUCCEEDED}
        found.end(EXECUTING)
        running.begin(found, backend.region_name, backend.account_id)
        return ActionResult({"PipelineExecutionArn": found.arn})

    def _execution(self) -> Execution:
        arn = self.params["PipelineExecutionArn"]
        found: Any = self.sagemaker_backend.pipelines.get(arn.rsplit("/", 3)[-3])
        if found is None or arn not in found.executions:
            raise ResourceNotFound(f"Pipeline execution with ARN {arn} does not exist.")
        return found.executions[arn]  # type: ignore[no-any-return]


def _get(backend: Backend, name: str) -> Pipeline:
    """A pipeline by name, or the error AWS gives."""
    found: Any = backend.pipelines.get(name)
    if found is None:
        raise ResourceNotFound(f"Pipeline '{backend.arn('pipeline', name)}' does not exist.")
    return found  # type: ignore[no-any-return]


def _select(execution: Execution, selection: Mapping[str, Any]) -> None:
    """Take over from the source execution what the selected steps need and are not.

    What they need is looked for now: an execution that lacks it is not started.
    """
    steps = execution.version.definition.steps
    selected = {one["StepName"] for one in selection["SelectedSteps"]}
    unknown = sorted(selected - set(steps))
    if unknown:
        raise AWSValidationException(f"SelectedSteps {unknown} are not in the pipeline definition.")
    needed, open_names = set[str](), list(selected)
    while open_names:
        new = steps[open_names.pop()].after - selected - needed
        needed |= new
        open_names += new
    if not needed:
        return
    source = execution.pipeline.executions.get(selection.get("SourcePipelineExecutionArn", ""))
    for name in [name for name in steps if name in needed]:
        run = source.steps.get(name) if source is not None else None
        if source is None or run is None or run.status != SUCCEEDED:
            raise AWSValidationException(
                f"The selected steps need the results of step {name!r}, which did not succeed in "
                "SourcePipelineExecutionArn; select it too, or name an execution in which it did."
            )
        execution.steps[name] = _taken_over(run, source)


def _taken_over(run: StepRun, source: Execution) -> StepRun:
    taken = copy.copy(run)
    taken.selected_from = source.arn
    return taken


def _version_summary(pipeline: Pipeline, version: Version) -> dict[str, Any]:
    answer = {
        "PipelineArn": pipeline.arn,
        "PipelineVersionId": version.number,
        "CreationTime": version.created,
        "PipelineVersionDisplayName": version.display_name,
        "PipelineVersionDescription": version.description,
        "LastExecutionPipelineExecutionArn": version.last_execution,
    }
    return {member: value for member, value in answer.items() if value is not None}


def _by_creation(request: Mapping[str, Any], member: str) -> dict[str, Any]:
    """A request whose filters `CreatedAfter` and `…Before` are named as the other lists' are."""
    sides = {"CreatedAfter": f"{member}After", "CreatedBefore": f"{member}Before"}
    return {sides.get(name, name): value for name, value in request.items()}
