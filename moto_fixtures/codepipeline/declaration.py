"""What a pipeline may say. It is checked whole before it is kept, as the service does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from moto_fixtures.codepipeline.errors import InvalidStructureException, NotSimulatedError

Document = Mapping[str, Any]

REPOSITORIES = {
    ("Source", "AWS", "CodeStarSourceConnection"): "FullRepositoryId",
    ("Source", "AWS", "CodeCommit"): "RepositoryName",
    ("Source", "ThirdParty", "GitHub"): "Repo",
}
"""Sources that are reached where a checkout is registered: type → the member that names it."""
ACTION_TYPES = (
    ("Source", "AWS", "S3"),
    *REPOSITORIES,
    ("Build", "AWS", "CodeBuild"),
    ("Test", "AWS", "CodeBuild"),
    ("Deploy", "AWS", "CloudFormation"),
    ("Deploy", "AWS", "S3"),
    ("Approval", "AWS", "Manual"),
)
REFUSED: Mapping[str, str] = {
    "triggers": "Start the pipeline by StartPipelineExecution or by an EventBridge rule.",
    "onFailure": "A failed stage stays failed; RetryStageExecution goes on.",
    "onSuccess": "There are no conditions.",
    "beforeEntry": "There are no conditions.",
    "blockers": "Disable the stage's transition instead.",
    "commands": "There is no compute action; run commands in CodeBuild.",
}
"""Members that change what happens, and would be dropped in silence: member → why."""


def type_of(action: Document) -> tuple[str, str, str]:
    """Category, owner and provider of an action."""
    kind = action["actionTypeId"]
    return kind["category"], kind["owner"], kind["provider"]


def check(pipeline: Document) -> None:
    """Refuse a pipeline that could not run, or asks for what is not simulated."""
    _refuse(pipeline)
    if pipeline.get("executionMode", "SUPERSEDED") != "SUPERSEDED":
        mode = pipeline["executionMode"]
        raise NotSimulatedError(f"executionMode {mode}", "Executions supersede each other.")
    _unique("Stage", [stage["name"] for stage in pipeline["stages"]])
    made: set[str] = set()
    for index, stage in enumerate(pipeline["stages"]):
        _refuse(stage)
        _unique("Action", [action["name"] for action in stage["actions"]])
        for action in stage["actions"]:
            _check_action(action, first=index == 0)
        made = _check_artifacts(stage, made)


def actions(pipeline: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every action, with its stage's name."""
    for stage in pipeline["stages"]:
        for action in stage["actions"]:
            yield stage["name"], action


def _check_action(action: Document, *, first: bool) -> None:
    _refuse(action)
    kind = type_of(action)
    if kind not in ACTION_TYPES:
        known = ", ".join(sorted({provider for _, _, provider in ACTION_TYPES}))
        raise NotSimulatedError(f"action type {'/'.join(kind)}", f"Simulated are {known}.")
    if first != (kind[0] == "Source"):
        raise InvalidStructureException(
            f"Pipeline stage that contains action '{action['name']}' must "
            + ("only" if first else "not")
            + " contain source actions"
        )


def _check_artifacts(stage: Document, made: set[str]) -> set[str]:
    """Inputs must have been made in an earlier stage, or by an earlier runOrder of this one."""
    made = set(made)
    for action in sorted(stage["actions"], key=lambda one: one.get("runOrder", 1)):
        for artifact in action.get("inputArtifacts") or ():
            if artifact["name"] not in made:
                raise InvalidStructureException(
                    f"Input Artifact Bundle {artifact['name']} in action {action['name']} is not "
                    "declared as Output Artifact Bundle in any of the preceding actions"
                )
        for artifact in action.get("outputArtifacts") or ():
            if artifact["name"] in made:
                raise InvalidStructureException(
                    f"Output Artifact Bundle name must be unique within the pipeline. "
                    f"{artifact['name']} has been used more than once"
                )
            made.add(artifact["name"])
    return made


def _refuse(part: Document) -> None:
    for member, why in REFUSED.items():
        if part.get(member):
            raise NotSimulatedError(f"{member} of a pipeline", why)


def _unique(what: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise InvalidStructureException(f"{what} name '{name}' is used more than once")
