"""A pipeline's definition, parsed and checked: its steps, and what each of them waits for.

Needs     the JSON that CreatePipeline takes (pipeline definition schema 2020-12-01)
Gives     parameters, and every step with its dependencies, nested ones included

A step waits for those it names in DependsOn, those it refers to in an expression, and the
Condition in whose branch it stands. Mistakes are refused when the pipeline is made, as the
service does; the words are ours but for the first sentence. A type that is not simulated may
be stored; an execution of it is refused before anything runs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from moto_fixtures.pipelines.expressions import ExpressionError, Reference, references
from moto_fixtures.pipelines.parameters import Parameter
from moto_fixtures.sagemaker.errors import AWSValidationException, NotSimulatedError

VERSION = "2020-12-01"
SIMULATED = (
    "Processing",
    "Training",
    "Tuning",
    "Transform",
    "Model",
    "RegisterModel",
    "Condition",
    "Fail",
    "QualityCheck",
    "ClarifyCheck",
)
REFUSED = {
    "AutoML": "There is no AutoML here.",
    "Callback": "No queue is asked and no token is waited for.",
    "EMR": "There is no EMR cluster here.",
    "EMRServerless": "There is no EMR here.",
    "Lambda": "There is no Lambda runtime here.",
    "Endpoint": "Create the endpoint by its own call.",
    "EndpointConfig": "Create the configuration by its own call.",
    "InferenceComponent": "Endpoints here hold models, not components.",
    "Lineage": "No lineage is kept.",
    "NotebookJob": "No notebook runs here.",
}
"""Types of step that AWS runs and this does not: type → why."""
VARIABLES = (
    "CurrentDateTime",
    "PipelineArn",
    "PipelineExecutionArn",
    "PipelineExecutionId",
    "PipelineName",
    "ProcessingJobName",
    "StartDateTime",
    "TrainingJobName",
)
NAME = re.compile(r"[A-Za-z0-9\-_]{1,64}")
NESTED = ("IfSteps", "ElseSteps")
_OWN = ("Name", "Type", "DisplayName", "Description", "DependsOn", "PropertyFiles", "RetryPolicies")
"""Members of a step in which no expression stands."""


@dataclass(frozen=True, slots=True)
class Gate:
    """The branch of a Condition that a step stands in."""

    condition: str
    outcome: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a definition."""

    name: str
    type: str
    document: Mapping[str, Any]
    """The step as it stands in the definition."""
    after: frozenset[str]
    """Names of the steps it waits for."""
    gate: Gate | None = None

    @property
    def expressions(self) -> dict[str, Any]:
        """What is resolved when it runs: its arguments, and a check's own members."""
        return _expressions(self.document)

    @property
    def property_files(self) -> dict[str, Mapping[str, str]]:
        """Files that others may read values from, by name."""
        return {one["PropertyFileName"]: one for one in self.document.get("PropertyFiles") or ()}


@dataclass(frozen=True, slots=True)
class Definition:
    """A whole pipeline, checked."""

    parameters: tuple[Parameter, ...]
    steps: Mapping[str, Step]
    """By name, in the definition's order, a Condition before the steps of its branches."""
    experiment: Mapping[str, Any]
    """`PipelineExperimentConfig`, with its expressions."""

    def refuse_what_is_not_simulated(self) -> None:
        """Raise NotSimulatedError for the first step that would not run."""
        for step in self.steps.values():
            if step.type in REFUSED:
                raise NotSimulatedError(
                    f"The {step.type} step {step.name!r} of a pipeline", REFUSED[step.type]
                )


def parse(text: str) -> Definition:
    """Read a definition.

    Raises:
        AWSValidationException: it is no definition, or a reference in it leads nowhere.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise _error(f"It is no JSON: {error}.") from error
    if not isinstance(document, dict) or document.get("Version") != VERSION:
        raise _error(f"Its Version must be {VERSION!r}.")
    if not isinstance(document.get("Steps"), list) or not document["Steps"]:
        raise _error("It has no Steps.")
    parameters = tuple(Parameter.parse(one) for one in document.get("Parameters") or ())
    steps: dict[str, Step] = {}
    try:
        for step in _steps(document["Steps"], None):
            if step.name in steps:
                raise _error(f"Step names must be unique; {step.name!r} is used twice.")
            steps[step.name] = step
        _check_references(steps, {one.name for one in parameters})
    except ExpressionError as error:
        raise _error(str(error)) from error
    _check_order(steps)
    return Definition(parameters, steps, document.get("PipelineExperimentConfig") or {})


def _steps(documents: Sequence[Any], gate: Gate | None) -> Iterator[Step]:
    """The steps of a list, each Condition followed by those of its branches."""
    for document in documents:
        if not isinstance(document, dict) or not NAME.fullmatch(str(document.get("Name", ""))):
            raise _error(f"A step's Name must match {NAME.pattern}.")
        name, kind = document["Name"], document.get("Type")
        if kind not in SIMULATED and kind not in REFUSED:
            raise _error(f"Step {name!r} has the type {kind!r}, which is none.")
        after = {one.name for one in references(_expressions(document)) if one.kind == "Steps"}
        after.update(document.get("DependsOn") or ())
        if gate is not None:
            after.add(gate.condition)
        yield Step(name, kind, document, frozenset(after), gate)
        for member, outcome in zip(NESTED, (True, False), strict=True):
            nested = document.get("Arguments", {}).get(member) or ()
            yield from _steps(nested if kind == "Condition" else (), Gate(name, outcome))


def _expressions(document: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in document.items() if name not in _OWN}
    if document.get("Type") == "Condition":
        arguments = kept.get("Arguments") or {}
        kept["Arguments"] = {name: arguments[name] for name in arguments if name not in NESTED}
    return kept


def _check_references(steps: Mapping[str, Step], parameters: set[str]) -> None:
    for step in steps.values():
        unknown = sorted(step.after - set(steps))
        if unknown:
            raise _error(f"Step {step.name!r} refers to the unknown steps {unknown}.")
        for one in references(step.expressions):
            _check_reference(step.name, one, steps, parameters)


def _check_reference(
    name: str, one: Reference, steps: Mapping[str, Step], parameters: set[str]
) -> None:
    if one.kind == "Parameters" and one.name not in parameters:
        raise _error(f"Step {name!r} refers to the unknown parameter {one.name!r}.")
    if one.kind == "Execution" and one.name not in VARIABLES:
        raise _error(f"Step {name!r} refers to the unknown execution variable {one.name!r}.")
    if one.kind == "Steps" and one.path.startswith("PropertyFiles."):
        known, wanted = steps[one.name].property_files, one.path.removeprefix("PropertyFiles.")
        if wanted not in known:
            raise _error(f"Step {one.name!r} has no property file {wanted!r} (step {name!r}).")


def _check_order(steps: Mapping[str, Step]) -> None:
    try:
        TopologicalSorter({name: step.after for name, step in steps.items()}).prepare()
    except CycleError as error:
        raise _error(f"Its steps wait for each other: {' → '.join(error.args[1])}.") from error


def _error(what: str) -> AWSValidationException:
    return AWSValidationException(f"Unable to parse pipeline definition. {what}")
