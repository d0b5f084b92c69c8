"""CodePipeline's errors, as the client sees them."""

from __future__ import annotations

from moto.codepipeline.exceptions import (
    InvalidStructureException,
    PipelineExecutionNotFoundException,
    PipelineNotFoundException,
)
from moto.core.exceptions import JsonRESTError

from moto_fixtures.checked_actions import NotSimulatedError

__all__ = [
    "CodePipelineError",
    "InvalidStructureException",
    "NotSimulatedError",
    "PipelineExecutionNotFoundException",
    "PipelineNotFoundException",
]


class CodePipelineError(JsonRESTError):
    """Any other error of the service, by the name its model gives it."""

    code = 400
