"""Settings: what is decided when the definition is made, and the same for each of its runs.

Needs     nothing installed but the model's description
Gives     names, places and choices for every step
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from pipelines.models.base import Model
from serving.schema import Row

Checks = Literal["own", "aws"]
CHECKS: Final[tuple[str, ...]] = get_args(Checks)
"""`own`: our analyzer in a processing job. `aws`: AWS's QualityCheck and ClarifyCheck steps."""
LONGEST_NAME: Final = 256
"""Characters of a pipeline's name."""


def resource_name(model: Model) -> str:
    """The model's name as SageMaker takes it for a resource: letters, digits and dashes.

    >>> from pipelines.models import model_for
    >>> resource_name(model_for("loan_default"))
    'loan-default'
    """
    return model.name.replace("_", "-")[:LONGEST_NAME]


@dataclass(frozen=True, slots=True)
class Settings:
    """One pipeline: whose model, where it runs, and how it is made."""

    model: Model
    role: str
    """ARN of the role that its jobs run with."""
    bucket: str
    """For data, artefacts and the registered files."""
    image: str
    """URI of the image made of this repository: it processes, trains, serves and checks."""
    group: str
    """Model package group; its newest approved package holds the baselines in force."""
    checks: Checks = "own"
    typical: Row = ()
    """The row that stands in for absent features, for `aws` checks: their configuration is
    written before there are data. Our own checks take it from the training rows."""
    tune: bool = False
    """Whether a tuning job looks for the best model, or one training job makes it."""
    commit: str = ""
    """The git commit of the code, for the package."""
    prefix: str = "pipelines"

    @property
    def name(self) -> str:
        """The pipeline's name."""
        return resource_name(self.model)

    @property
    def home(self) -> str:
        """Where everything of this pipeline lies.

        >>> from pipelines.models import model_for
        >>> Settings(model_for("fraud"), "arn", "b", "image", "group").home
        's3://b/pipelines/fraud'
        """
        return f"s3://{self.bucket}/{self.prefix}/{self.name}"
