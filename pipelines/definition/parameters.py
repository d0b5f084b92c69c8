"""Parameters: what may differ from one run of the pipeline to the next.

Needs     the SageMaker SDK
Gives     its parameters, under the names that AWS's model-building template gave them

For each check two switches and the baseline to check with. A first run has no baseline in
force: it skips every check and registers every new baseline, as `pipeline.py start` sees to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Self

from sagemaker.workflow.parameters import (
    Parameter,
    ParameterBoolean,
    ParameterInteger,
    ParameterString,
)

from pipelines.in_force import checks_of, switches
from pipelines.models.base import Model
from pipelines.register import APPROVALS, PENDING

INSTANCE_TYPE: Final = "ml.m5.xlarge"
SUPPLIED: Final[Mapping[str, tuple[str, str]]] = {
    "data-quality": ("DataQualitySuppliedConstraints", "DataQualitySuppliedStatistics"),
    "data-bias": ("DataBiasSuppliedBaselineConstraints", ""),
    "model-quality": ("ModelQualitySuppliedConstraints", "ModelQualitySuppliedStatistics"),
    "model-bias": ("ModelBiasSuppliedBaselineConstraints", ""),
    "model-explainability": ("ModelExplainabilitySuppliedBaselineConstraints", ""),
}
"""Check → the parameters that supply its baseline's constraints and statistics."""


@dataclass(frozen=True, slots=True)
class CheckParameters:
    """Those of one check."""

    skip: ParameterBoolean
    register_new: ParameterBoolean
    constraints: ParameterString
    statistics: ParameterString | None

    @classmethod
    def of(cls, check: str) -> CheckParameters:
        skip, register_new = switches(check)
        constraints, statistics = SUPPLIED[check]
        return cls(
            ParameterBoolean(skip, default_value=False),
            ParameterBoolean(register_new, default_value=False),
            ParameterString(constraints, default_value=""),
            ParameterString(statistics, default_value="") if statistics else None,
        )

    @property
    def listed(self) -> list[Parameter]:
        found = [self.skip, self.register_new, self.statistics, self.constraints]
        return [each for each in found if each is not None]


@dataclass(frozen=True, slots=True)
class Parameters:
    """All of them."""

    input_data: ParameterString = field(default_factory=lambda: ParameterString("InputDataUrl"))
    """The one object the data are read from; it has no default, as no data are anyone's."""
    approval: ParameterString = field(
        default_factory=lambda: ParameterString(
            "ModelApprovalStatus", default_value=PENDING, enum_values=list(APPROVALS)
        )
    )
    processing_count: ParameterInteger = field(
        default_factory=lambda: ParameterInteger("ProcessingInstanceCount", default_value=1)
    )
    processing_type: ParameterString = field(
        default_factory=lambda: ParameterString(
            "ProcessingInstanceType", default_value=INSTANCE_TYPE
        )
    )
    training_type: ParameterString = field(
        default_factory=lambda: ParameterString("TrainingInstanceType", default_value=INSTANCE_TYPE)
    )
    checks: Mapping[str, CheckParameters] = field(default_factory=dict)
    """By check; a check that the model has not got has no parameters."""

    @classmethod
    def of(cls, model: Model) -> Self:
        """Those of a model's pipeline."""
        return cls(checks={check: CheckParameters.of(check) for check in checks_of(model)})

    @property
    def listed(self) -> list[Parameter]:
        """In the order in which the definition has them."""
        return [
            self.processing_count,
            self.processing_type,
            self.training_type,
            self.approval,
            self.input_data,
            *(each for check in self.checks.values() for each in check.listed),
        ]
