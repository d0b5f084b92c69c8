"""QualityCheck and ClarifyCheck: a new baseline, and whether it drifted from the one in force.

Needs     the monitor's processing job as the definition has it; the baseline in force: the one
          supplied, or that of the group's latest approved model package
Gives     the properties and metadata that a RegisterModel step takes its baselines from

The step calculates a baseline of its data. Unless SkipCheck is set it also holds the data
against the baseline in force, and fails if there is none, or if there are violations and
FailOnViolation is set. RegisterNewBaseline decides which of the two becomes
BaselineUsedForDriftCheck. (docs.aws.amazon.com/sagemaker/latest/dg/
pipelines-quality-clarify-baseline-lifecycle.html.) AWS does both in one processing job; here
they are two, and CheckJobArn names the one that checks. It goes first, because the new
baseline may be written where the one in force lies: the SDK's default output is one place.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moto_fixtures.pipelines import jobs
from moto_fixtures.pipelines.expressions import ExpressionError
from moto_fixtures.pipelines.jobs import JOB_TYPES, StepFailed
from moto_fixtures.pipelines.state import Document, Execution, StepRun, job_name, present

BASELINE = "/opt/ml/processing/baseline"
ANALYSIS_CONFIG = "analysis_config"
VIOLATIONS = "constraint_violations.json"
NO_BASELINE = (
    "ClientError: there is no baseline to check against: the step names no supplied baseline, and "
    "its model package group has no approved model package with one. Set SkipCheck and "
    "RegisterNewBaseline for the first run."
)
APPROVED = "Approved"


@dataclass(frozen=True, slots=True)
class CheckType:
    """What one type of check calculates, and where a package keeps the baseline of it."""

    baselines: str
    """Member of a package's DriftCheckBaselines."""
    constraints: str
    """Member of that which names the constraints."""
    files: Mapping[str, str]
    """`Constraints` and `Statistics` → the file a baselining job writes."""
    metadata: str = "QualityCheck"


_QUALITY = {"Constraints": "constraints.json", "Statistics": "statistics.json"}
_CLARIFY = {"Constraints": "analysis.json"}
CHECK_TYPES: Mapping[str, CheckType] = {
    "DATA_QUALITY": CheckType("ModelDataQuality", "Constraints", _QUALITY),
    "MODEL_QUALITY": CheckType("ModelQuality", "Constraints", _QUALITY),
    "DATA_BIAS": CheckType("Bias", "PreTrainingConstraints", _CLARIFY, "ClarifyCheck"),
    "MODEL_BIAS": CheckType("Bias", "PostTrainingConstraints", _CLARIFY, "ClarifyCheck"),
    "MODEL_EXPLAINABILITY": CheckType("Explainability", "Constraints", _CLARIFY, "ClarifyCheck"),
}
_VARIABLES = {"Constraints": "baseline_constraints", "Statistics": "baseline_statistics"}
"""What the container is told of each document."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check, its expressions resolved."""

    sagemaker: Any
    execution: Execution
    run: StepRun
    resolved: Document
    read: Callable[[str], Any]
    """The JSON document at an S3 URI."""
    put: Callable[[str, bytes], None]
    """Write an object at an S3 URI."""

    @property
    def type(self) -> CheckType:
        return CHECK_TYPES[self.resolved["CheckType"]]

    @property
    def output(self) -> str:
        """Where its documents lie."""
        outputs = self.resolved["Arguments"]["ProcessingOutputConfig"]["Outputs"]
        return str(outputs[0]["S3Output"]["S3Uri"]).rstrip("/")

    def is_set(self, member: str) -> bool:
        """A flag, which a parameter may have given as text."""
        return str(self.resolved.get(member, False)).lower() == "true"


def run(check: Check) -> None:
    """Carry out a check; its run is left with metadata and properties, whatever comes of it.

    Raises:
        StepFailed: a job failed, there is no baseline in force, or there are violations.
    """
    in_force, is_checked = _in_force(check), not check.is_set("SkipCheck")
    facts = _facts(check, in_force)
    check.run.properties = facts
    try:
        if is_checked and "Constraints" not in in_force:
            raise StepFailed(NO_BASELINE)
        request = _with_model(check)
        violations: Sequence[Mapping[str, Any]] = ()
        if is_checked:
            facts["CheckJobArn"] = _job(check, _against(request, in_force))
            violations = _violations(check)
        arn = _job(check, request)
        facts.setdefault("CheckJobArn", arn)
        if violations:
            _hold_to_account(check, violations, facts)
    finally:
        check.run.metadata = {check.type.metadata: facts}


def _facts(check: Check, in_force: Mapping[str, str]) -> Document:
    """What a check says of itself, whatever comes of it."""
    calculated = {name: f"{check.output}/{file}" for name, file in check.type.files.items()}
    is_new = check.is_set("RegisterNewBaseline")
    return present(
        {
            "CheckType": check.resolved["CheckType"],
            "ModelPackageGroupName": check.resolved.get("ModelPackageGroupName"),
            "SkipCheck": check.is_set("SkipCheck"),
            "RegisterNewBaseline": is_new,
            **_named("CalculatedBaseline", calculated),
            **_named("BaselineUsedForDriftCheck", calculated if is_new else in_force),
        }
    )


def _named(prefix: str, documents: Mapping[str, str]) -> Document:
    return {f"{prefix}{name}": uri for name, uri in documents.items()}


def _job(check: Check, request: Document) -> str:
    kind = JOB_TYPES["Processing"]
    named = {**request, kind.name: job_name(check.execution, check.run.name)}
    described = jobs.run(check.sagemaker, kind, named, check.execution, check.run)
    return str(described["ProcessingJobArn"])


def _violations(check: Check) -> Sequence[Mapping[str, Any]]:
    try:
        found: Sequence[Mapping[str, Any]] = check.read(f"{check.output}/{VIOLATIONS}")[
            "violations"
        ]
    except ExpressionError as error:
        raise StepFailed(f"ClientError: {error}") from error
    return found


def _hold_to_account(
    check: Check, violations: Sequence[Mapping[str, Any]], facts: Document
) -> None:
    uri = facts["ViolationReport"] = f"{check.output}/{VIOLATIONS}"
    if check.is_set("FailOnViolation"):
        raise StepFailed(
            f"ClientError: The check found {len(violations)} violations of the baseline "
            f"({violations[0]['constraint_check_type']}, …): {uri}."
        )


def _in_force(check: Check) -> dict[str, str]:
    """The documents of the baseline that counts until now; empty when there is none."""
    supplied = {name: check.resolved.get(f"SuppliedBaseline{name}") for name in check.type.files}
    given = {name: str(uri) for name, uri in supplied.items() if uri}
    group = check.resolved.get("ModelPackageGroupName")
    if given or not group:
        return given
    return _registered(check, str(group))


def _registered(check: Check, group: str) -> dict[str, str]:
    """The baseline of the latest approved package of a group."""
    listed = check.sagemaker.list_model_packages(
        ModelPackageGroupName=group,
        ModelApprovalStatus=APPROVED,
        SortBy="CreationTime",
        SortOrder="Descending",
    )["ModelPackageSummaryList"]
    if not listed:
        return {}
    latest = max(listed, key=lambda one: one["ModelPackageVersion"])
    package = check.sagemaker.describe_model_package(ModelPackageName=latest["ModelPackageArn"])
    kept = package.get("DriftCheckBaselines", {}).get(check.type.baselines, {})
    members = {"Constraints": check.type.constraints, "Statistics": "Statistics"}
    return {
        name: kept[members[name]]["S3Uri"] for name in check.type.files if kept.get(members[name])
    }


def _against(request: Document, baseline: Mapping[str, str]) -> Document:
    """The job that also gets a baseline's documents, and so looks for violations."""
    inputs, variables = list(request["ProcessingInputs"]), dict(request.get("Environment") or {})
    for name, uri in baseline.items():
        directory = f"{BASELINE}/{name.lower()}"
        inputs.append(
            {
                "InputName": _VARIABLES[name],
                "S3Input": {
                    "S3Uri": uri,
                    "LocalPath": directory,
                    "S3DataType": "S3Prefix",
                    "S3InputMode": "File",
                },
            }
        )
        variables[_VARIABLES[name]] = f"{directory}/{uri.rsplit('/', 1)[-1]}"
    return {**request, "ProcessingInputs": inputs, "Environment": variables}


def _with_model(check: Check) -> Document:
    """The job's request; a Clarify check's analysis is told the name of the model it asks.

    The definition leaves it out of the configuration, because a pipeline's model has its name
    only when it runs.
    """
    request, model = dict(check.resolved["Arguments"]), check.resolved.get("ModelName")
    if not model:
        return request
    inputs = []
    for one in request["ProcessingInputs"]:
        if one["InputName"] == ANALYSIS_CONFIG:
            source = one["S3Input"]
            config = check.read(source["S3Uri"])
            config["predictor"] = {**config.get("predictor", {}), "model_name": model}
            uri = f"{check.output}/config/{check.execution.id}/analysis_config.json"
            check.put(uri, json.dumps(config).encode())
            inputs.append({**one, "S3Input": {**source, "S3Uri": uri}})
        else:
            inputs.append(one)
    return {**request, "ProcessingInputs": inputs}
