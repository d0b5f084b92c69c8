"""The four monitors' names, in one table.

AWS spells each monitor three ways (`ModelBias`, `Bias`, `model-bias`), runs two of them
in one image and two in another, and joins labels for two of the four. Everything that
loops over the monitors reads it here, so that nothing is spelt out four times by hand.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """What is peculiar to one monitor's name, wherever AWS writes it.

    >>> by_name("ModelBias").drift_check
    'Bias'
    """

    name: str
    """`MonitoringType`, and the prefix of API members and template parameters."""
    slug: str
    """On the command line, in S3 keys and in LocalPath."""
    title: str
    """In sentences."""
    drift_check: str
    """Key under `DriftCheckBaselines` and `ModelMetrics` of a model package."""
    image: str
    """`model-monitor` or `clarify`: which of AWS's two images runs it."""
    needs_labels: bool
    """Whether a merge with ground truth comes first."""
    has_statistics: bool
    """Whether the baseline has a statistics document beside the constraints."""
    namespace: str
    """CloudWatch namespace of an endpoint monitor's metrics."""

    @property
    def job_definition(self) -> str:
        """`DataQualityJobDefinition`: the API's and CloudFormation's noun.

        >>> by_name("DataQuality").job_definition
        'DataQualityJobDefinition'
        """
        return f"{self.name}JobDefinition"

    @property
    def has_config_file(self) -> bool:
        """Whether the job reads a Clarify analysis configuration."""
        return self.image == "clarify"


DATA_QUALITY = Kind(
    name="DataQuality",
    slug="data-quality",
    title="data quality",
    drift_check="ModelDataQuality",
    image="model-monitor",
    needs_labels=False,
    has_statistics=True,
    namespace="aws/sagemaker/Endpoints/data-metrics",
)
MODEL_QUALITY = Kind(
    name="ModelQuality",
    slug="model-quality",
    title="model quality",
    drift_check="ModelQuality",
    image="model-monitor",
    needs_labels=True,
    has_statistics=True,
    namespace="aws/sagemaker/Endpoints/model-metrics",
)
BIAS = Kind(
    name="ModelBias",
    slug="model-bias",
    title="bias",
    drift_check="Bias",
    image="clarify",
    needs_labels=True,
    has_statistics=False,
    namespace="aws/sagemaker/Endpoints/bias-metrics",
)
EXPLAINABILITY = Kind(
    name="ModelExplainability",
    slug="model-explainability",
    title="explainability",
    drift_check="Explainability",
    image="clarify",
    needs_labels=False,
    has_statistics=False,
    namespace="aws/sagemaker/Endpoints/explainability-metrics",
)

KINDS = (DATA_QUALITY, MODEL_QUALITY, BIAS, EXPLAINABILITY)


def by_name(name: str) -> Kind:
    """The kind AWS calls `name` (a `MonitoringType`).

    >>> by_name("ModelExplainability").slug
    'model-explainability'
    """
    for kind in KINDS:
        if kind.name == name:
            return kind
    raise KeyError(f"{name!r} is no monitor; one of {', '.join(k.name for k in KINDS)}")
