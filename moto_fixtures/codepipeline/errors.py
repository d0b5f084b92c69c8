"""CodePipeline's errors, as the client sees them."""

from __future__ import annotations

from moto.codepipeline.exceptions import (
    InvalidStructureException,
    PipelineExecutionNotFoundException,
    PipelineNotFoundException,
)
from moto.core.exceptions import JsonRESTError

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


class NotSimulatedError(JsonRESTError):
    """What the offline AWS does not do. It says so, and never answers a plausible constant."""

    code = 400

    def __init__(self, what: str, instead: str = "") -> None:
        refusal = f"{what} is not simulated by the offline AWS; nothing was done."
        super().__init__("NotSimulated", f"{refusal} {instead}".rstrip())
