"""A job definition written into its schedule, as it was before definitions had names.

Needs     `MonitoringScheduleConfig.MonitoringJobDefinition`
Gives     the job definition of data quality that says the same; it has no name of its own

Source: CreateMonitoringSchedule, SageMaker API reference. The other three kinds of monitor came
with named definitions, and AWS's containers of theirs read what only those can say.
"""

from __future__ import annotations

from typing import Any

from moto.core.utils import utcnow

from monitoring.kinds import DATA_QUALITY
from moto_fixtures.sagemaker.backend import Backend
from moto_fixtures.sagemaker.errors import AWSValidationException, NotSimulatedError
from moto_fixtures.sagemaker.job_definitions import JobDefinition, check_input

MEMBER = "MonitoringJobDefinition"
TAKEN_OVER = ("StoppingCondition", "NetworkConfig", "RoleArn")


def definition(backend: Backend, config: dict[str, Any]) -> JobDefinition:
    """The definition that a schedule's configuration holds; what it refers to must exist."""
    kind = config.get("MonitoringType", DATA_QUALITY.name)
    if kind != DATA_QUALITY.name:
        raise NotSimulatedError(
            f"A schedule with an inline {MEMBER} of type {kind}",
            "Create the job definition and name it in MonitoringJobDefinitionName.",
        )
    made = JobDefinition(DATA_QUALITY, request_of(config[MEMBER]), arn="", created=utcnow())
    check_input(backend, made)
    return made


def request_of(inline: dict[str, Any]) -> dict[str, Any]:
    """The members of an inline definition under the names of CreateDataQualityJobDefinition.

    Raises AWSValidationException unless there is exactly one input.
    """
    inputs = inline["MonitoringInputs"]
    if len(inputs) != 1:
        raise AWSValidationException(f"MonitoringInputs has {len(inputs)} inputs; it takes one.")
    app = dict(inline["MonitoringAppSpecification"])
    if "Environment" in inline:
        app["Environment"] = inline["Environment"]
    name = DATA_QUALITY.name
    return {
        f"{name}AppSpecification": app,
        f"{name}BaselineConfig": inline.get("BaselineConfig", {}),
        f"{name}JobInput": inputs[0],
        f"{name}JobOutputConfig": inline["MonitoringOutputConfig"],
        "JobResources": inline["MonitoringResources"],
        **{member: inline[member] for member in TAKEN_OVER if member in inline},
    }
