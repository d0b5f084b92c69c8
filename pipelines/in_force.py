"""The baseline in force: what a new model's data and answers are held against.

Needs     S3 URIs that were supplied; or a model package group with an approved version
Gives     the documents a check compares with, and those the new package hands on where it
          registers no baseline of its own

SageMaker's check steps look in the same order: what is supplied, else the newest approved
package of the group
(docs.aws.amazon.com/sagemaker/latest/dg/pipelines-quality-clarify-baseline-lifecycle.html).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from monitoring.aws import registry, storage
from monitoring.aws.clients import Aws
from monitoring.baselines import MEMBERS
from monitoring.documents import CONSTRAINTS, STATISTICS
from monitoring.errors import DocumentError, RegistryError
from monitoring.kinds import BIAS, DATA_QUALITY, EXPLAINABILITY, MODEL_QUALITY, Kind
from pipelines.models.base import Model

CONFIG: Final = "ConfigFile"


@dataclass(frozen=True, slots=True)
class Check:
    """One check of the pipeline, and where a package keeps the baseline of it."""

    name: str
    """On the command line, and in its step's outputs."""
    kind: Kind
    constraints: str = "Constraints"
    """The member of the monitor's `DriftCheckBaselines` that it is held against."""
    section: str = ""
    """The section of a bias analysis that is its own."""

    @property
    def metrics(self) -> str:
        """The section as an analysis names it.

        >>> CHECKS["data-bias"].metrics
        'pre_training_bias_metrics'
        """
        return f"{self.section}_metrics" if self.section else ""

    def own(self, document: Mapping[str, Any]) -> Mapping[str, Any]:
        """The part of a document that is this check's: of a bias analysis one section."""
        if not self.section:
            return document
        return {key: part for key, part in document.items() if key in ("version", self.metrics)}


CHECKS: Mapping[str, Check] = {
    check.name: check
    for check in (
        Check("data-quality", DATA_QUALITY),
        Check("data-bias", BIAS, "PreTrainingConstraints", "pre_training_bias"),
        Check("model-quality", MODEL_QUALITY),
        Check("model-bias", BIAS, "PostTrainingConstraints", "post_training_bias"),
        Check("model-explainability", EXPLAINABILITY),
    )
}
"""The checks by name, in the order of the pipeline."""


def checks_of(model: Model) -> tuple[str, ...]:
    """The checks of a model by name; without facets there is nobody to compare for bias.

    >>> from dataclasses import replace
    >>> from pipelines.models import model_for
    >>> checks_of(replace(model_for("fraud"), facets=()))
    ('data-quality', 'model-quality', 'model-explainability')
    """
    return tuple(name for name, check in CHECKS.items() if model.facets or check.kind != BIAS)


def title(check: str) -> str:
    """A check's name within a parameter's or a step's.

    >>> title("model-explainability")
    'ModelExplainability'
    """
    return "".join(word.capitalize() for word in check.split("-"))


def switches(check: str) -> tuple[str, str]:
    """The parameters that skip a check and register its new baseline.

    >>> switches("data-quality")
    ('SkipDataQualityCheck', 'RegisterNewDataQualityBaseline')
    """
    return f"Skip{title(check)}Check", f"RegisterNew{title(check)}Baseline"


@dataclass(frozen=True, slots=True)
class InForce:
    """A baseline's documents, or why there is none."""

    where: str = ""
    """Its constraints' URI."""
    documents: Mapping[str, Any] = field(default_factory=dict)
    config: Any = None
    """The analysis configuration that belongs to it, where a package says so."""
    missing: str = ""
    """Why there is none."""


def in_force(aws: Aws, check: Check, group: str, supplied: Mapping[str, str]) -> InForce:
    """The baseline a check compares with: `supplied` (document → URI), or the group's.

    Raises StorageError or DocumentError when a document that is named cannot be read.
    """
    given = {name: uri for name, uri in supplied.items() if uri}
    if given:
        if CONSTRAINTS not in given:
            raise DocumentError(
                f"{check.name}: statistics are supplied without constraints, so there is nothing "
                "to hold the data to; supply both, or neither"
            )
        return _read(aws, check, {name: {"S3Uri": uri} for name, uri in given.items()})
    try:
        package = registry.newest_approved(aws.sagemaker, group)
    except RegistryError as error:
        return InForce(missing=str(error))
    held = package.drift_check.get(check.kind.drift_check) or {}
    if check.constraints not in held:
        return InForce(
            missing=f"{package.arn} has no {check.kind.drift_check}.{check.constraints} among its "
            "DriftCheckBaselines"
        )
    members = {CONSTRAINTS: check.constraints, STATISTICS: "Statistics", CONFIG: CONFIG}
    known = MEMBERS[check.kind.drift_check]
    return _read(
        aws,
        check,
        {
            document: held[member]
            for document, member in members.items()
            if member in held and member in known
        },
    )


def _read(aws: Aws, check: Check, sources: Mapping[str, Mapping[str, str]]) -> InForce:
    found = {
        name: storage.read_json(aws.s3, source["S3Uri"], source.get("ContentDigest", ""))
        for name, source in sources.items()
    }
    config = found.pop(CONFIG, None)
    where = sources[CONSTRAINTS]["S3Uri"]
    found[CONSTRAINTS] = check.own(found[CONSTRAINTS])
    if check.section and check.metrics not in found[CONSTRAINTS]:
        raise DocumentError(
            f"{where}: has no {check.metrics}, so the check {check.name} has nothing to compare "
            "with; supply a baseline of this check"
        )
    return InForce(where, found, config)
